import type { IdempotencyEntry, Repeated } from '#service/ports.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import { answerLeaseMs, idempotencyKeptMs } from '#storage/steps/repeatable.ts';
import type { FirstStep } from '#storage/steps/tables.ts';

export function createIdempotencyTable({ idempotency: rows }: WorkingSet) {
  return {
    find(entry: IdempotencyEntry | null, nowMs: number): Repeated | null {
      const row = entry === null ? null : rows.find(entry.keyHash);
      if (entry === null || row === null) return null;
      if (nowMs - row.createdAtMs > idempotencyKeptMs) return null;
      if (row.fingerprint !== entry.fingerprint) return { kind: 'key_reused' };
      const { verificationId, outcome, sealedAnswer } = row;
      if (sealedAnswer !== null) return { kind: 'repeated', sealedAnswer, verificationId, outcome };
      if (nowMs < row.leaseUntilMs) return { kind: 'key_in_use' };
      // Of two that come now only one makes the answer anew.
      rows.change(entry.keyHash, { ...row, leaseUntilMs: nowMs + answerLeaseMs });
      return { kind: 'unanswered', verificationId, outcome };
    },
    outcomeOf: (entry: IdempotencyEntry | null): string | null =>
      entry === null ? null : (rows.find(entry.keyHash)?.outcome ?? null),
    insert(entry: IdempotencyEntry | null, step: FirstStep, nowMs: number): void {
      if (entry === null) return;
      const row = {
        ...entry,
        ...step,
        sealedAnswer: null,
        leaseUntilMs: nowMs + answerLeaseMs,
        createdAtMs: nowMs,
      };
      if (rows.find(entry.keyHash) === null) rows.insert(entry.keyHash, row);
      else rows.change(entry.keyHash, row);
    },
    setOutcome(entry: IdempotencyEntry | null, outcome: string): void {
      const row = entry === null ? null : rows.find(entry.keyHash);
      if (row !== null) rows.change(row.keyHash, { ...row, outcome });
    },
    keepAnswer(keyHash: string, sealedAnswer: string): void {
      const row = rows.find(keyHash);
      if (row?.sealedAnswer === null) rows.change(keyHash, { ...row, sealedAnswer });
    },
  };
}
