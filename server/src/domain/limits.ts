/**
 * Every limit of the product. Counting is exact and rolling: a ledger keeps the moments of the last
 * sends and failed guesses, so there is no window edge at which twice as much passes.
 *
 * Rules:
 * 1. A ledger belongs to one application and one recipient (or one client address). It survives
 *    resends, new verifications, channels and façades.
 * 2. A guess is charged as failed when it is consumed, before it is compared; the charge is taken
 *    back when it was right. So no race can compare more than the budget.
 * 3. After 10 failed guesses in 24 hours a code must be worth eight digits, after 20 ten digits,
 *    after 50 there is a pause that doubles with each further failure: a recipient is never locked
 *    out for good, and 10 guesses a day at a six-digit code succeed once in 10^5 days.
 * 4. After 100 failures without one success nothing more is compared (NIST SP 800-63B-4, 3.2.2).
 * 5. Each refusal names its limit.
 */
import { type NamedLimit, type Refusal, refuse } from '#domain/refusal.ts';

const secondMs = 1000;
const hourSeconds = 3_600;
const daySeconds = 86_400;

/** What was sent to, and wrongly guessed for, one recipient or address. Times ascend. */
export interface Ledger {
  readonly sendsAtMs: readonly number[];
  readonly failuresAtMs: readonly number[];
  readonly failuresSinceSuccess: number;
}

export const emptyLedger: Ledger = { sendsAtMs: [], failuresAtMs: [], failuresSinceSuccess: 0 };

/** How long a ledger matters after its last entry: the longest window, or the ceiling's memory. */
export const ledgerMemoryMs = 30 * daySeconds * secondMs;

export interface SendLimits {
  readonly recipientSendIntervalSeconds: number;
  readonly recipientSendsHourMax: number;
  readonly recipientSendsDayMax: number;
  readonly addressStartsHourMax: number;
  readonly addressStartsDayMax: number;
  readonly addressFailuresHourMax: number;
  readonly addressFailuresDayMax: number;
}

export const defaultLimits: SendLimits = {
  recipientSendIntervalSeconds: 30,
  recipientSendsHourMax: 5,
  recipientSendsDayMax: 10,
  addressStartsHourMax: 10,
  addressStartsDayMax: 50,
  addressFailuresHourMax: 30,
  addressFailuresDayMax: 100,
};

/** The most a setting may ask for. */
export const limitBounds: Record<keyof SendLimits, { min: number; max: number }> = {
  recipientSendIntervalSeconds: { min: 0, max: 3_600 },
  recipientSendsHourMax: { min: 1, max: 20 },
  recipientSendsDayMax: { min: 1, max: 20 },
  addressStartsHourMax: { min: 1, max: 100_000 },
  addressStartsDayMax: { min: 1, max: 1_000_000 },
  addressFailuresHourMax: { min: 1, max: 100_000 },
  addressFailuresDayMax: { min: 1, max: 1_000_000 },
};

export function recipientSendLimits(limits: SendLimits): NamedLimit[] {
  return [
    {
      name: 'recipient_sends_interval',
      max: 1,
      windowSeconds: limits.recipientSendIntervalSeconds,
    },
    {
      name: 'recipient_sends_hour',
      max: limits.recipientSendsHourMax,
      windowSeconds: hourSeconds,
    },
    { name: 'recipient_sends_day', max: limits.recipientSendsDayMax, windowSeconds: daySeconds },
  ];
}

export function addressStartLimits(limits: SendLimits): NamedLimit[] {
  return [
    { name: 'address_starts_hour', max: limits.addressStartsHourMax, windowSeconds: hourSeconds },
    { name: 'address_starts_day', max: limits.addressStartsDayMax, windowSeconds: daySeconds },
  ];
}

export function addressFailureLimits(limits: SendLimits): NamedLimit[] {
  return [
    {
      name: 'address_failed_guesses_hour',
      max: limits.addressFailuresHourMax,
      windowSeconds: hourSeconds,
    },
    {
      name: 'address_failed_guesses_day',
      max: limits.addressFailuresDayMax,
      windowSeconds: daySeconds,
    },
  ];
}

/**
 * Refuses `count` more entries when a limit has no room for them. An interval (a limit of one) asks
 * only that nothing was entered within it: several messages of one start go out together.
 */
export function refuseEntries(
  entriesAtMs: readonly number[],
  count: number,
  limits: readonly NamedLimit[],
  nowMs: number,
): Refusal | null {
  let worst: { limit: NamedLimit; untilMs: number } | null = null;
  for (const limit of limits) {
    const windowMs = limit.windowSeconds * secondMs;
    const inWindow = entriesAtMs.filter((atMs) => atMs > nowMs - windowMs);
    const wanted = limit.max === 1 ? 1 : count;
    const excess = inWindow.length + wanted - limit.max;
    if (excess <= 0) continue;
    const leaves = inWindow[Math.min(excess, inWindow.length) - 1] ?? nowMs;
    const untilMs = leaves + windowMs;
    if (worst === null || untilMs > worst.untilMs) worst = { limit, untilMs };
  }
  return worst === null ? null : limitReached(worst.limit, worst.untilMs, nowMs);
}

/** A ledger after `count` sends. Keeps a day of entries: no window is longer. */
export function withSends(ledger: Ledger, count: number, nowMs: number): Ledger {
  const sendsAtMs = lastDay(ledger.sendsAtMs, nowMs);
  for (let entry = 0; entry < count; entry++) sendsAtMs.push(nowMs);
  return { ...ledger, sendsAtMs };
}

/** What a code must be worth, in bits, for the failures of the last 24 hours. */
export const guessTiers = [
  { failures: 0, bitsMin: 0, digits: 0 },
  { failures: 10, bitsMin: 26.5, digits: 8 },
  { failures: 20, bitsMin: 33.2, digits: 10 },
] as const;

export const guessPauseAfterFailures = 50;
export const guessFailuresCeiling = 100;
const guessPauseFirstMs = hourSeconds * secondMs;

/** The shortest numeric code that may be given out now: 0 where any length will do. */
export function codeDigitsMin(ledger: Ledger, nowMs: number): 0 | 8 | 10 {
  return tierOf(ledger, nowMs).digits;
}

/** May a code worth `codeBits` be guessed at for this recipient? */
export function admitsGuess(ledger: Ledger, codeBits: number, nowMs: number): boolean {
  return codeBits >= tierOf(ledger, nowMs).bitsMin && refuseRecipient(ledger, nowMs) === null;
}

/** Refuses a start for a recipient whose guess budget leaves no room for any code. */
export function refuseRecipient(ledger: Ledger, nowMs: number): Refusal | null {
  if (ledger.failuresSinceSuccess >= guessFailuresCeiling) {
    const last = ledger.failuresAtMs.at(-1) ?? nowMs;
    return limitReached(
      {
        name: 'recipient_failed_guesses_ceiling',
        max: guessFailuresCeiling,
        windowSeconds: ledgerMemoryMs / secondMs,
      },
      last + ledgerMemoryMs,
      nowMs,
    );
  }
  const recent = lastDay(ledger.failuresAtMs, nowMs);
  const beyond = recent.length - guessPauseAfterFailures;
  if (beyond < 0) return null;
  const pauseMs = Math.min(guessPauseFirstMs * 2 ** beyond, daySeconds * secondMs);
  const untilMs = (recent.at(-1) ?? nowMs) + pauseMs;
  return untilMs > nowMs
    ? limitReached(
        {
          name: 'recipient_failed_guesses_day',
          max: guessPauseAfterFailures,
          windowSeconds: daySeconds,
        },
        untilMs,
        nowMs,
      )
    : null;
}

/** Charges a guess as failed before it is compared (rule 2). The ledger stays bounded. */
export function chargeGuess(ledger: Ledger, nowMs: number): Ledger {
  return {
    ...ledger,
    failuresAtMs: [...lastDay(ledger.failuresAtMs, nowMs), nowMs].slice(-guessFailuresCeiling),
    failuresSinceSuccess: ledger.failuresSinceSuccess + 1,
  };
}

/** Takes the charge of a right guess back; `isApproval` when it also proved the recipient. */
export function refundGuess(ledger: Ledger, chargedAtMs: number, isApproval: boolean): Ledger {
  const at = ledger.failuresAtMs.lastIndexOf(chargedAtMs);
  const failuresAtMs = ledger.failuresAtMs.filter((_, index) => index !== at);
  const failuresSinceSuccess = isApproval ? 0 : Math.max(0, ledger.failuresSinceSuccess - 1);
  return { ...ledger, failuresAtMs, failuresSinceSuccess };
}

/** A ledger that no rule looks at any more. */
export function isForgettable(ledger: Ledger, nowMs: number): boolean {
  const last = Math.max(ledger.sendsAtMs.at(-1) ?? 0, ledger.failuresAtMs.at(-1) ?? 0);
  const memoryMs = ledger.failuresSinceSuccess > 0 ? ledgerMemoryMs : daySeconds * secondMs;
  return nowMs - last > memoryMs;
}

/**
 * Guessing one code at many recipients shows only in the whole: many wrong checks, few right ones
 * (security.md, f.3). Then every new code gets eight digits until it is over.
 */
export function looksLikeSpraying(tally: { wrong: number; right: number }): boolean {
  return tally.wrong >= 100 && tally.wrong > 3 * tally.right;
}

export const sprayWindowMs = 300_000;

/**
 * What a client address counts as: an IPv4 address by its /24, an IPv6 address by its /64, because
 * one subscriber holds at least that much. Null for something that is no address.
 */
export function addressRange(address: string): string | null {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const text = mapped?.[1] ?? address;
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (v4) {
    const octets = v4.slice(1).map(Number);
    return octets.every((octet) => octet <= 255) ? `${octets.slice(0, 3).join('.')}.0/24` : null;
  }
  const groups = expandIpv6(text);
  return groups === null ? null : `${groups.slice(0, 4).join(':')}::/64`;
}

function expandIpv6(text: string): string[] | null {
  const bare = text.split('%')[0] ?? '';
  if (bare.length > 39 || !/^[0-9a-f:]+$/i.test(bare)) return null;
  const halves = bare.split('::');
  if (halves.length > 2) return null;
  const head = (halves[0] ?? '').split(':').filter((group) => group !== '');
  const tail = (halves[1] ?? '').split(':').filter((group) => group !== '');
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
  if (groups.some((group) => group.length > 4)) return null;
  return groups.map((group) => Number.parseInt(group, 16).toString(16));
}

function tierOf(ledger: Ledger, nowMs: number): (typeof guessTiers)[number] {
  const failures = lastDay(ledger.failuresAtMs, nowMs).length;
  let tier: (typeof guessTiers)[number] = guessTiers[0];
  for (const candidate of guessTiers) if (failures >= candidate.failures) tier = candidate;
  return tier;
}

function lastDay(entriesAtMs: readonly number[], nowMs: number): number[] {
  return entriesAtMs.filter((atMs) => atMs > nowMs - daySeconds * secondMs);
}

function limitReached(limit: NamedLimit, untilMs: number, nowMs: number): Refusal {
  const retryAfterSeconds = Math.max(1, Math.ceil((untilMs - nowMs) / secondMs));
  const result = refuse(
    'limit_reached',
    `The limit ${limit.name} (${limit.max} in ${limit.windowSeconds} s) is reached. ` +
      `Try again in ${retryAfterSeconds} s.`,
    { limit, retryAfterSeconds },
  );
  return result.error;
}
