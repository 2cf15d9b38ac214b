import type { IdempotencyEntry, Repeated } from '#service/ports.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import { answerLeaseMs, idempotencyKeptMs } from '#storage/steps/repeatable.ts';
import type { FirstStep } from '#storage/steps/tables.ts';

interface IdempotencyRow {
  readonly created_at_ms: number;
  readonly fingerprint: string;
  readonly verification_id: string;
  readonly outcome: string | null;
  readonly sealed_answer: string | null;
  readonly lease_until_ms: number;
}

export type Idempotency = ReturnType<typeof createIdempotency>;

/** Rows are written in the transaction of the step they make repeatable, never without it. */
export function createIdempotency(database: Database) {
  const byKey = database.prepare<IdempotencyRow>(
    'SELECT created_at_ms, fingerprint, verification_id, outcome, sealed_answer, lease_until_ms ' +
      'FROM idempotency WHERE key_hash = ?',
  );
  const forget = database.prepare('DELETE FROM idempotency WHERE key_hash = ?');
  const insert = database.prepare(
    'INSERT INTO idempotency (key_hash, application, fingerprint, verification_id, outcome, ' +
      'lease_until_ms, created_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const setOutcome = database.prepare('UPDATE idempotency SET outcome = ? WHERE key_hash = ?');
  const setAnswer = database.prepare(
    'UPDATE idempotency SET sealed_answer = ? WHERE key_hash = ? AND sealed_answer IS NULL',
  );
  const setLease = database.prepare('UPDATE idempotency SET lease_until_ms = ? WHERE key_hash = ?');
  const endLeases = database.prepare(
    'UPDATE idempotency SET lease_until_ms = 0 WHERE number > ? AND sealed_answer IS NULL',
  );
  const newest = database.prepare<{ number: number | null }>(
    'SELECT max(number) AS number FROM idempotency',
  );

  return {
    /** What a repeated request finds; null when it is the first with its key. */
    find(entry: IdempotencyEntry | null, nowMs: number): Repeated | null {
      const row = entry === null ? undefined : byKey.get(entry.keyHash);
      if (entry === null || row === undefined) return null;
      if (nowMs - row.created_at_ms > idempotencyKeptMs) {
        forget.run(entry.keyHash);
        return null;
      }
      if (row.fingerprint !== entry.fingerprint) return { kind: 'key_reused' };
      const effect = { verificationId: row.verification_id, outcome: row.outcome };
      if (row.sealed_answer !== null) {
        return { kind: 'repeated', sealedAnswer: row.sealed_answer, ...effect };
      }
      if (nowMs < row.lease_until_ms) return { kind: 'key_in_use' };
      // Of two that come now only one makes the answer anew.
      setLease.run(nowMs + answerLeaseMs, entry.keyHash);
      return { kind: 'unanswered', ...effect };
    },
    /** What the step with this key came to, as far as it came. */
    outcomeOf: (entry: IdempotencyEntry | null): string | null =>
      entry === null ? null : (byKey.get(entry.keyHash)?.outcome ?? null),
    insert(entry: IdempotencyEntry | null, step: FirstStep, nowMs: number): void {
      if (entry === null) return;
      const { keyHash, fingerprint } = entry;
      const { application, verificationId, outcome } = step;
      const leaseUntilMs = nowMs + answerLeaseMs;
      insert.run(keyHash, application, fingerprint, verificationId, outcome, leaseUntilMs, nowMs);
    },
    setOutcome(entry: IdempotencyEntry | null, outcome: string): void {
      if (entry !== null) setOutcome.run(outcome, entry.keyHash);
    },
    keepAnswer(keyHash: string, sealedAnswer: string): void {
      setAnswer.run(sealedAnswer, keyHash);
    },
    /**
     * When a server opens its database nobody else is at work: what was not answered never will be.
     * Unanswered rows are among the newest, since each is answered within the lease or lost.
     */
    endLeases(): void {
      endLeases.run((newest.get()?.number ?? 0) - newestRows);
    },
  };
}

const newestRows = 100_000;
