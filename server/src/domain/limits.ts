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
  /** Starts that name the recipient, however many messages each sends; 0 sets no such limit. */
  readonly recipientStartsHourMax: number;
  /** Checks of a recipient's codes, right ones too; 0 sets no such limit. */
  readonly recipientChecksMax: number;
  readonly recipientChecksWindowSeconds: number;
  readonly addressStartsHourMax: number;
  readonly addressStartsDayMax: number;
  readonly addressFailuresHourMax: number;
  readonly addressFailuresDayMax: number;
}

export const defaultLimits: SendLimits = {
  recipientSendIntervalSeconds: 30,
  recipientSendsHourMax: 5,
  recipientSendsDayMax: 10,
  recipientStartsHourMax: 0,
  recipientChecksMax: 0,
  recipientChecksWindowSeconds: 900,
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
  recipientStartsHourMax: { min: 0, max: 1_000 },
  recipientChecksMax: { min: 0, max: 1_000 },
  recipientChecksWindowSeconds: { min: 60, max: daySeconds },
  // Counting is exact, so a ledger holds each moment: ten thousand of them are 140 kB in one row.
  addressStartsHourMax: { min: 1, max: 2_000 },
  addressStartsDayMax: { min: 1, max: 10_000 },
  addressFailuresHourMax: { min: 1, max: 2_000 },
  addressFailuresDayMax: { min: 1, max: 10_000 },
};

const sendInterval = 'recipient_sends_interval';

export function recipientSendLimits(limits: SendLimits): NamedLimit[] {
  return [
    {
      name: sendInterval,
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

/** Empty where the application sets none, which is so unless it asks for one. */
export function recipientStartLimits({ recipientStartsHourMax: max }: SendLimits): NamedLimit[] {
  return max === 0 ? [] : [{ name: 'recipient_starts_hour', max, windowSeconds: hourSeconds }];
}

/** Empty likewise. The guess budget holds beside it and cannot be set. */
export function recipientCheckLimits(limits: SendLimits): NamedLimit[] {
  const { recipientChecksMax: max, recipientChecksWindowSeconds: windowSeconds } = limits;
  return max === 0 ? [] : [{ name: 'recipient_checks', max, windowSeconds }];
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
 * Refuses `count` more entries when a limit has no room for them. The interval between sends asks
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
    const wanted = limit.name === sendInterval ? 1 : count;
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
const guessCeiling: NamedLimit = {
  name: 'recipient_failed_guesses_ceiling',
  max: guessFailuresCeiling,
  windowSeconds: ledgerMemoryMs / secondMs,
};

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
    // A month later the ledger would be forgotten, were it not for messages sent since.
    const untilMs = (ledger.failuresAtMs.at(-1) ?? nowMs) + ledgerMemoryMs;
    if (untilMs > nowMs) return limitReached(guessCeiling, untilMs, nowMs);
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

/**
 * Charges a client address likewise. Every entry of the day is kept, because the limits of an
 * address may be above the hundred failures at which a recipient's ledger needs no more.
 */
export function chargeAddress(ledger: Ledger, nowMs: number): Ledger {
  return { ...ledger, failuresAtMs: [...lastDay(ledger.failuresAtMs, nowMs), nowMs] };
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
 * one subscriber holds at least that much. An IPv4 address has one range in whichever form it is
 * written, mapped into IPv6 or not. Null for something that is no address.
 */
export function addressRange(address: string): string | null {
  const octets = readIpv4(address);
  if (octets !== null) return `${octets.slice(0, 3).join('.')}.0/24`;
  const groups = readIpv6(address);
  if (groups === null) return null;
  const [, , , , , sixth, high = 0, low = 0] = groups;
  const isMapped = sixth === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) return `${high >> 8}.${high & 255}.${low >> 8}.0/24`;
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

function readIpv4(text: string): number[] | null {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  return octets?.every((octet) => octet <= 255) ? octets : null;
}

/** The eight groups of an IPv6 address in any of the forms of RFC 4291, 2.2; a zone is dropped. */
function readIpv6(text: string): number[] | null {
  const bare = text.split('%', 1)[0] ?? '';
  if (bare.length > 45) return null;
  const [before = '', after, ...more] = bare.split('::');
  if (more.length > 0) return null;
  const head = readGroups(before, after === undefined);
  const tail = after === undefined ? [] : readGroups(after, true);
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (after === undefined ? missing !== 0 : missing < 1) return null;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

/** Groups between colons; the last of an address may be an IPv4 address instead of two. */
function readGroups(text: string, isEnd: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':', 9);
  for (const [index, part] of parts.entries()) {
    const octets = isEnd && index === parts.length - 1 ? readIpv4(part) : null;
    if (octets !== null) {
      const [first = 0, second = 0, third = 0, fourth = 0] = octets;
      groups.push(first * 256 + second, third * 256 + fourth);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return null;
    }
  }
  return groups;
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
