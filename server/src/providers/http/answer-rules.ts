import type { OutboundAnswer } from '../egress/http-exchange.ts';
import type { AnswerRule, BodyRule, Manifest } from './manifest.ts';

/** What a gateway's answer is taken for, by the rules of its manifest. */

export type Answered = Extract<OutboundAnswer, { kind: 'answered' }>;

/** An answer with its body read once, when a rule first asks. */
export interface ReadableAnswer {
  readonly status: number;
  readonly headers: Answered['headers'];
  readonly body: string;
  /** Undefined when the body is no JSON; one that broke off is none. */
  json(): unknown;
}

export function readable(answer: Answered): ReadableAnswer {
  let parsed: { value: unknown } | null = null;
  return {
    status: answer.status,
    headers: answer.headers,
    body: answer.body,
    json: () => {
      parsed ??= { value: parseJson(answer.body) };
      return parsed.value;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether the answer is one the rule speaks of; `unreadable` when its body cannot tell. */
export type Verdict = 'met' | 'unmet' | 'unreadable';

/** A rule without `status` means any of `statusesDefault`; without `body`, any body. */
export function judge(
  rule: AnswerRule,
  statusesDefault: AnswerRule['status'],
  answer: ReadableAnswer,
): Verdict {
  const statuses = rule.status ?? statusesDefault;
  if (statuses !== undefined && !statuses.some((one) => isStatus(one, answer.status)))
    return 'unmet';
  const rules = rule.body ?? [];
  const isUnreadable =
    rules.some(({ pointer }) => pointer !== undefined) && answer.json() === undefined;
  if (isUnreadable) return 'unreadable';
  return rules.every((one) => isMet(one, answer)) ? 'met' : 'unmet';
}

function isStatus(wanted: number | string, status: number): boolean {
  return typeof wanted === 'number'
    ? wanted === status
    : wanted.charAt(0) === String(Math.floor(status / 100));
}

function isMet(rule: BodyRule, answer: ReadableAnswer): boolean {
  const found = rule.pointer === undefined ? answer.body.trim() : at(answer.json(), rule.pointer);
  const text = scalarText(found);
  if (rule.exists !== undefined && rule.exists !== isPresent(found)) return false;
  if (rule.equals !== undefined && found !== rule.equals) return false;
  if (rule.oneOf !== undefined && !rule.oneOf.some((one) => one === found)) return false;
  return rule.contains === undefined || (text?.includes(rule.contains) ?? false);
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** RFC 6901, own members only. */
export function at(document: unknown, pointer: string): unknown {
  let current = document;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) {
      return undefined;
    }
    current = (current as Record<string, unknown>)[name];
  }
  return current;
}

/** A text or number as text; of a list its first, since some vendors wrap one message in a list. */
export function scalarText(value: unknown): string | null {
  const single: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof single === 'string') return single;
  return typeof single === 'number' || typeof single === 'boolean' ? String(single) : null;
}

const messageIdLengthMax = 200;

/** The gateway's own id of the message, or null; what cannot be an id is dropped, not trusted. */
export function messageIdOf(manifest: Manifest, answer: ReadableAnswer): string | null {
  const { messageId } = manifest;
  if (messageId === undefined) return null;
  const id = readMessageId(messageId, answer)?.trim() ?? '';
  return id.length <= messageIdLengthMax && /^[\x21-\x7e]+$/.test(id) ? id : null;
}

function readMessageId(
  where: NonNullable<Manifest['messageId']>,
  answer: ReadableAnswer,
): string | null {
  if ('pointer' in where) return scalarText(at(answer.json(), where.pointer));
  if ('header' in where) return scalarText(answer.headers[where.header.toLowerCase()]);
  const start = answer.body.indexOf(where.after);
  if (start < 0) return null;
  return (
    answer.body
      .slice(start + where.after.length)
      .trimStart()
      .split(/\s/, 1)[0] ?? null
  );
}

const retryAfterMaxMs = 3_600_000;

/** RFC 9110, 10.2.3: seconds or a date. At most an hour; null when absent or not to be read. */
export function retryAfterMs(answer: ReadableAnswer, nowMs: number): number | null {
  const header = scalarText(answer.headers['retry-after'])?.trim() ?? '';
  const waitMs = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(waitMs) && waitMs > 0 ? Math.min(waitMs, retryAfterMaxMs) : null;
}
