import { shardOfHash } from '#domain/id.ts';
import { column, createWriter } from '#storage/postgres/columns.ts';
import type { TextRow } from '#storage/postgres/exchange.ts';

/** A step that can be repeated, and what it came to. */
export interface RepeatableStep {
  readonly keyHash: string;
  readonly application: number;
  readonly fingerprint: string;
  readonly verificationId: string;
  readonly outcome: string | null;
  readonly sealedAnswer: string | null;
  readonly leaseUntilMs: number;
  readonly createdAtMs: number;
}

export const idempotencyWriter = createWriter<RepeatableStep>({
  keys: [
    column('shard', 'smallint', ({ keyHash }) => shardOfHash(keyHash)),
    column('key_hash', 'text', ({ keyHash }) => keyHash),
  ],
  fixed: [],
  // A row that is too old to count is used again by the next step with its key.
  changing: [
    column('application', 'integer', ({ application }) => application),
    column('fingerprint', 'text', ({ fingerprint }) => fingerprint),
    column('verification_id', 'text', ({ verificationId }) => verificationId),
    column('outcome', 'text', ({ outcome }) => outcome),
    column('sealed_answer', 'text', ({ sealedAnswer }) => sealedAnswer),
    column('lease_until_ms', 'bigint', ({ leaseUntilMs }) => leaseUntilMs),
    column('created_at_ms', 'bigint', ({ createdAtMs }) => createdAtMs),
  ],
});

/** In the order in which `toRepeatableStep` reads them. */
export const idempotencyColumns: readonly string[] = [
  'version',
  'key_hash',
  'application',
  'fingerprint',
  'verification_id',
  'outcome',
  'sealed_answer',
  'lease_until_ms',
  'created_at_ms',
];

export function toRepeatableStep(row: TextRow): RepeatableStep {
  const [, keyHash, application, fingerprint, verificationId, outcome, sealedAnswer] = row;
  const [leaseUntilMs, createdAtMs] = row.slice(7);
  return {
    keyHash: keyHash ?? '',
    application: Number(application),
    fingerprint: fingerprint ?? '',
    verificationId: verificationId ?? '',
    outcome: outcome ?? null,
    sealedAnswer: sealedAnswer ?? null,
    leaseUntilMs: Number(leaseUntilMs),
    createdAtMs: Number(createdAtMs),
  };
}
