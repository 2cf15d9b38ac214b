/**
 * The life of a verification. Every status change and its reason is decided in this file; storage
 * only makes the decision atomic, and doors only translate it.
 *
 *              start ──► pending ──right code──────► approved
 *                          │  │ └──last wrong code──► failed
 *                          │  └──time passes────────► expired
 *                          └──cancel────────────────► canceled
 *    start refused by a limit or a budget: recorded as blocked, with the reason; nothing is sent
 *
 * Rules:
 * 1. A final status never changes.
 * 2. A guess is consumed, durably, before it is compared; a guess that is not admitted is never
 *    compared. At most `checksMax` guesses are admitted in the whole life, resends included.
 * 3. A resend belongs to the same verification: it spends the send budget, never refills the guess
 *    budget, and never extends life past `lifeEndsAtMs`.
 * 4. Expiry is decided by the storage's time, which comes in as `nowMs`. A pending verification
 *    whose time is over *is* expired, whether or not anybody has written that down yet.
 */

import { ok, type Refusal, type Result, refuse } from '#domain/refusal.ts';

export type VerificationStatus =
  | 'pending'
  | 'approved'
  | 'failed'
  | 'expired'
  | 'canceled'
  | 'blocked';

export type FinalStatus = Exclude<VerificationStatus, 'pending'>;

/** What can happen to a pending verification, and nothing else may end it. */
export type EndingEvent =
  | 'right_code'
  | 'last_wrong_code'
  | 'time_passed'
  | 'cancel'
  | 'superseded'
  | 'transaction_changed'
  | 'guess_budget_spent';

/** What the history of a verification tells, oldest first. */
export type HistoryEvent =
  | 'started'
  | 'blocked'
  | 'resent'
  | 'wrong_code'
  /** The first code that came after the end of time; nothing was compared with it. */
  | 'late_code'
  | 'approved'
  | 'failed'
  | 'expired'
  | 'canceled'
  | 'queued'
  | 'sent'
  | 'retried'
  | 'delivered'
  | 'undelivered'
  | 'read'
  | 'delivery_failed';

/** Why a check did not approve, in the words of the contract. */
export type CheckReason =
  | 'wrong_code'
  | 'expired'
  | 'too_many_checks'
  | 'already_used'
  | 'canceled';

/** The part of a verification that its rules look at. Times are milliseconds since 1970, UTC. */
export interface Progress {
  readonly status: VerificationStatus;
  /** Guesses spent, those under way included. */
  readonly checksUsed: number;
  /** Guesses compared and found wrong. */
  readonly checksWrong: number;
  readonly checksMax: number;
  readonly sendsUsed: number;
  readonly sendsMax: number;
  readonly expiresAtMs: number;
  /** No resend moves `expiresAtMs` past this. */
  readonly lifeEndsAtMs: number;
  readonly resendAllowedAtMs: number;
  readonly lifetimeMs: number;
}

/** Ten minutes from the first send: the longest life of a code unless a setting allows more. */
export const lifeMaxMs = 600_000;

export const sendsMax = 5;

/** Waiting time before the second, third, fourth and fifth send; the last one holds from there. */
export const resendWaitsSeconds: readonly number[] = [30, 60, 120, 300];

/** The status each event leads to, and the sentence fragment kept in the history. */
const endings: Record<EndingEvent, { status: FinalStatus; detail: string | null }> = {
  right_code: { status: 'approved', detail: null },
  last_wrong_code: { status: 'failed', detail: 'The last allowed check was wrong.' },
  time_passed: { status: 'expired', detail: null },
  cancel: { status: 'canceled', detail: null },
  superseded: { status: 'canceled', detail: 'A newer verification took its place.' },
  transaction_changed: { status: 'failed', detail: 'A check named another transaction.' },
  guess_budget_spent: { status: 'failed', detail: 'The guess budget of the recipient is spent.' },
};

export interface Ending {
  readonly status: FinalStatus;
  readonly detail: string | null;
}

/** The one way to a final status: null when the verification is not pending any more. */
export function end(progress: Progress, event: EndingEvent, nowMs: number): Ending | null {
  const status = statusAt(progress, nowMs);
  if (status === 'expired' && progress.status === 'pending') return endings.time_passed;
  return status === 'pending' ? endings[event] : null;
}

/** The status that holds at `nowMs`, whatever was last written down. */
export function statusAt(
  progress: Pick<Progress, 'status' | 'expiresAtMs'>,
  nowMs: number,
): VerificationStatus {
  return progress.status === 'pending' && nowMs >= progress.expiresAtMs
    ? 'expired'
    : progress.status;
}

/** May one more guess be consumed and then compared? Null says yes; a reason says why not. */
export function refuseGuess(progress: Progress, nowMs: number): CheckReason | null {
  const status = statusAt(progress, nowMs);
  switch (status) {
    case 'pending':
      return progress.checksUsed < progress.checksMax ? null : 'too_many_checks';
    case 'approved':
      return 'already_used';
    case 'failed':
      return 'too_many_checks';
    case 'expired':
      return 'expired';
    case 'canceled':
    case 'blocked':
      return 'canceled';
    default:
      return assertNever(status);
  }
}

/**
 * What a consumed and compared guess does; `checksWrong` does not count it yet. The last wrong
 * guess is the one after which none can be right any more: as long as others are under way, one of
 * them may be. A guess that a crash left undecided is never counted, and the verification then
 * ends by time.
 */
export function settleGuess(
  progress: Progress,
  isRight: boolean,
  nowMs: number,
): { ending: Ending | null; reason: CheckReason | null } {
  const status = statusAt(progress, nowMs);
  if (status !== 'pending') {
    // Somebody else ended it between the consuming and the comparing: the other one's word holds.
    const reason = refuseGuess(progress, nowMs);
    return { ending: progress.status === 'pending' ? endings.time_passed : null, reason };
  }
  if (isRight) return { ending: endings.right_code, reason: null };
  const isLast = progress.checksWrong + 1 >= progress.checksMax;
  return { ending: isLast ? endings.last_wrong_code : null, reason: 'wrong_code' };
}

/** May it be sent again? The answer tells when, if only the time is wrong. */
export function refuseResend(
  progress: Progress,
  nowMs: number,
  waitsSeconds: readonly number[] = resendWaitsSeconds,
): Refusal | null {
  const status = statusAt(progress, nowMs);
  if (status !== 'pending') {
    return failure(
      refuse(
        'verification_finished',
        `The verification is ${status}, so nothing can be sent for it. Start a new one.`,
      ),
    );
  }
  if (progress.checksUsed >= progress.checksMax) {
    return failure(
      refuse(
        'limit_reached',
        'Every guess of this verification is spent, so another code could not be checked. Start ' +
          'a new verification.',
        {
          limit: {
            name: 'verification_checks',
            max: progress.checksMax,
            windowSeconds: Math.ceil(progress.lifetimeMs / 1000),
          },
          retryAfterSeconds: secondsUntil(progress.expiresAtMs, nowMs),
        },
      ),
    );
  }
  if (progress.sendsUsed >= progress.sendsMax) {
    return failure(
      refuse(
        'limit_reached',
        `The code was sent ${progress.sendsUsed} times, which is all that one verification may. ` +
          'Start a new verification.',
        {
          limit: {
            name: 'verification_sends',
            max: progress.sendsMax,
            windowSeconds: Math.ceil(lifeMaxMs / 1000),
          },
          retryAfterSeconds: secondsUntil(progress.lifeEndsAtMs, nowMs),
        },
      ),
    );
  }
  if (nowMs < progress.resendAllowedAtMs) {
    const retryAfterSeconds = secondsUntil(progress.resendAllowedAtMs, nowMs);
    return failure(
      refuse('limit_reached', `The code may be sent again in ${retryAfterSeconds} s.`, {
        limit: {
          name: 'verification_resend_interval',
          max: 1,
          windowSeconds: waitSecondsAfter(progress.sendsUsed, waitsSeconds),
        },
        retryAfterSeconds,
      }),
    );
  }
  return null;
}

/** How a fresh send, the first or a later one, moves the times. */
export function timesAfterSend(
  sendsUsed: number,
  life: { lifetimeMs: number; lifeEndsAtMs: number },
  nowMs: number,
  waitsSeconds: readonly number[] = resendWaitsSeconds,
): { expiresAtMs: number; resendAllowedAtMs: number } {
  return {
    expiresAtMs: Math.min(nowMs + life.lifetimeMs, life.lifeEndsAtMs),
    resendAllowedAtMs: nowMs + waitSecondsAfter(sendsUsed, waitsSeconds) * 1000,
  };
}

/** A life may only be longer than ten minutes when its code was allowed to live longer itself. */
export function lifeEnd(createdAtMs: number, lifetimeMs: number): number {
  return createdAtMs + Math.max(lifetimeMs, lifeMaxMs);
}

/**
 * What a second start does while the first is pending, for the same recipient and purpose. `reuse`
 * and `redirect` are one more send of the first: to where that went, or to where the second says.
 */
export type SecondStartRule = 'supersede' | 'reuse' | 'redirect' | 'reject';

export function cancelResult(
  progress: Progress,
  nowMs: number,
): Result<'cancel' | 'already_canceled'> {
  const status = statusAt(progress, nowMs);
  if (status === 'pending') return ok('cancel');
  if (status === 'canceled') return ok('already_canceled');
  return refuse(
    'verification_finished',
    `The verification is ${status} already and cannot be canceled.`,
  );
}

export function secondsUntil(momentMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((momentMs - nowMs) / 1000));
}

function waitSecondsAfter(sendsUsed: number, waitsSeconds: readonly number[]): number {
  const last = waitsSeconds.length - 1;
  return waitsSeconds[Math.min(Math.max(sendsUsed - 1, 0), last)] ?? 0;
}

function failure(result: Result<never>): Refusal | null {
  return result.ok ? null : result.error;
}

/** A switch that ends here has an unhandled case: the compiler says so before anybody runs it. */
export function assertNever(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`);
}
