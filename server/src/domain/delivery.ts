/**
 * What becomes of one hand-over. States only move forward and never decide the verification:
 * a receipt that comes late, twice or out of order changes nothing.
 */
export type DeliveryStatus = 'queued' | 'sent' | 'delivered' | 'undelivered' | 'failed' | 'read';

/** Steps forward. `failed` is our own word (never handed over), `undelivered` is the carrier's. */
const next: Record<DeliveryStatus, readonly DeliveryStatus[]> = {
  queued: ['sent', 'failed', 'delivered', 'undelivered', 'read'],
  sent: ['delivered', 'undelivered', 'read'],
  delivered: ['read'],
  undelivered: [],
  // Given up after a time-out, and taken all the same: the carrier knows better.
  failed: ['delivered', 'read'],
  read: [],
};

export function isStepForward(from: DeliveryStatus, to: DeliveryStatus): boolean {
  return next[from].includes(to);
}

/** Hand-overs of one message, the first one included. */
export const attemptsMax = 4;

const firstPauseMs = 1_000;
const pauseMaxMs = 30_000;

/**
 * Pause after this many hand-overs: it doubles, and half of it is chance, so that many messages
 * refused by one outage do not come back together. `random` is uniform in [0, 1).
 */
export function pauseBeforeAttempt(attempt: number, random: number): number {
  const ceiling = Math.min(pauseMaxMs, firstPauseMs * 2 ** Math.max(0, attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
