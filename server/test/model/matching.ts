/** Is an answer the one that the model expects? */
import { holds, type Span } from './moment.ts';
import type { Expected, ObservedAnswer, ObservedBody, View } from './operations.ts';

export interface Known {
  /** By the server's clock: when the answer may have been made. */
  readonly now: Span;
  /** Answered by the virtual phone's page, which shows less. */
  readonly isPage: boolean;
  /** What the model calls the verification with this id. */
  nameOf(id: string): string | undefined;
}

/** What differs, in a few words; null when nothing does. */
export function difference(
  expected: Expected,
  observed: ObservedAnswer,
  known: Known,
): string | null {
  const { body } = observed;
  switch (expected.kind) {
    case 'clock':
      return unequal('status', observed.status, 200);
    case 'replay':
      if (!observed.isReplayed) return 'it is not marked as a repetition';
      return difference(expected.first, { ...observed, isReplayed: false }, known);
    case 'verification':
      return (
        unequal('status', observed.status, expected.status) ??
        unequal('replayed', observed.isReplayed, false) ??
        unequal('approved', body.approved, undefined) ??
        viewDifference(expected.view, body, known)
      );
    case 'verdict':
      return (
        unequal('status', observed.status, 200) ??
        unequal('replayed', observed.isReplayed, false) ??
        unequal('approved', body.approved, expected.reason === null) ??
        unequal('reason', body.reason, expected.reason) ??
        unequal('proof', typeof body.proof === 'string', expected.reason === null) ??
        viewDifference(expected.view, body, known)
      );
    case 'problem':
      if (observed.status !== expected.status) {
        const name = expected.limit ?? expected.code;
        return `status is ${observed.status}, not ${expected.status} for ${name}`;
      }
      return (
        unequal('code', body.code, expected.code) ??
        unequal('limit', body.limit?.name ?? null, expected.limit) ??
        waitDifference(expected.until, observed.retryAfterSeconds, known.now)
      );
    default:
      return expected satisfies never;
  }
}

export function viewDifference(view: View, body: ObservedBody, known: Known): string | null {
  return (
    unequal('verification', known.nameOf(body.id ?? ''), view.verification) ??
    unequal('status', body.status, view.status) ??
    unequal('checksLeft', body.checksLeft, view.checksLeft) ??
    unequal('channel', body.channel, view.channel) ??
    unequal('purpose', body.purpose, view.purpose) ??
    unequal('deliveries', body.deliveries?.length, view.deliveries) ??
    timeDifference('expiresAt', body.expiresAt, view.expiresAt) ??
    (known.isPage ? null : restDifference(view, body))
  );
}

function restDifference(view: View, body: ObservedBody): string | null {
  return (
    unequal('sendsLeft', body.sendsLeft, view.sendsLeft) ??
    timeDifference('createdAt', body.createdAt, view.createdAt) ??
    timeDifference('resendAllowedAt', body.resendAllowedAt, view.resendAllowedAt) ??
    timeDifference('finishedAt', body.finishedAt, view.finishedAt)
  );
}

function unequal(name: string, shown: unknown, expected: unknown): string | null {
  return shown === expected ? null : `${name} is ${String(shown)}, not ${String(expected)}`;
}

function timeDifference(
  name: string,
  shown: string | null | undefined,
  expected: Span | null,
): string | null {
  if (expected === null) return unequal(name, shown, null);
  const shownMs = Date.parse(shown ?? '');
  if (holds(expected, shownMs)) return null;
  const span = [expected.fromMs, expected.toMs].map((ms) => new Date(ms).toISOString());
  return `${name} is ${String(shown)}, not within ${span.join(' and ')}`;
}

/** Retry-After says in whole seconds when there is room again: not earlier, nor much later. */
function waitDifference(
  until: Span | null,
  retryAfterSeconds: number | null,
  now: Span,
): string | null {
  if (until === null) return null;
  const least = Math.max(1, Math.ceil((until.fromMs - now.toMs) / 1000));
  const most = Math.max(1, Math.ceil((until.toMs - now.fromMs) / 1000));
  const isRight =
    retryAfterSeconds !== null && retryAfterSeconds >= least && retryAfterSeconds <= most;
  return isRight ? null : `Retry-After is ${retryAfterSeconds}, not within ${least} and ${most}`;
}
