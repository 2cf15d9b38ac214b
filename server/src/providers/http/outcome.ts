import type { SendOutcome } from '#service/provider-port.ts';
import type { OutboundAnswer } from '../egress/http-exchange.ts';
import type { Redaction } from '../redaction.ts';
import {
  at,
  judge,
  messageIdOf,
  type ReadableAnswer,
  readable,
  retryAfterMs,
  scalarText,
} from './answer-rules.ts';
import type { AnswerRule, Manifest } from './manifest.ts';

/** What may be tried again where a manifest says nothing: the gateway says it did not even look. */
const retryDefault: readonly AnswerRule[] = [{ status: [429, 503] }];

/**
 * What became of a message, by the gateway's answer. In doubt it is `unknown`: a second code that
 * nobody asked for costs money and trust, so only what certainly was not taken is `unavailable`.
 */
export function outcomeOf(
  answer: OutboundAnswer,
  manifest: Manifest,
  redaction: () => Redaction,
  nowMs: number,
): SendOutcome {
  if (answer.kind === 'not_sent') return { kind: 'unavailable', error: answer.reason };
  if (answer.kind === 'lost') return { kind: 'unknown', error: answer.reason };
  const { status } = answer;
  if (status >= 300 && status < 400) {
    const error = `The provider answered ${status}, a redirect, which is never followed.`;
    return { kind: 'refused', error };
  }
  const seen = readable(answer);
  if ((manifest.retry ?? retryDefault).some((rule) => judge(rule, undefined, seen) === 'met')) {
    const waitMs = retryAfterMs(seen, nowMs);
    const error = describe(manifest, seen, redaction());
    return { kind: 'unavailable', error, ...(waitMs === null ? {} : { retryAfterMs: waitMs }) };
  }
  const verdict = judge(manifest.success ?? {}, ['2xx'], seen);
  if (verdict === 'met') {
    return { kind: 'accepted', providerMessageId: messageIdOf(manifest, seen) };
  }
  if (verdict === 'unreadable') {
    const error = `The provider answered ${status} with a body that cannot be read.`;
    return { kind: 'unknown', error };
  }
  const error = describe(manifest, seen, redaction());
  // A gateway that fails, or gives up waiting for the next one, may have passed the message on.
  return status >= 500 || status === 408 ? { kind: 'unknown', error } : { kind: 'refused', error };
}

/** `The provider answered 400 with code 411: Invalid Numbers` */
function describe(manifest: Manifest, answer: ReadableAnswer, redaction: Redaction): string {
  const code = textAt(manifest.errorCode, answer) ?? '';
  const message = textAt(manifest.errorMessage, answer);
  const coded = /^[A-Za-z0-9_.-]{1,40}$/.test(code) ? ` with code ${code}` : '';
  const said = message === null || message.trim() === '' ? '.' : `: ${message}`;
  return redaction.publicError(`The provider answered ${answer.status}${coded}${said}`);
}

function textAt(pointer: string | undefined, answer: ReadableAnswer): string | null {
  return pointer === undefined ? null : scalarText(at(answer.json(), pointer));
}
