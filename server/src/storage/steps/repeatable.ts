import { type KeptRefusal, type Repeated, refusedOutcome } from '#service/ports.ts';
import type { Tables } from '#storage/steps/tables.ts';

/**
 * How long a node may take to keep its answer before a repeated request may make it anew. Longer
 * than a storage's own time-outs: what is still under way by then has failed.
 */
export const answerLeaseMs = 6_000;

/** How long a step stays repeatable; the purge removes the row some time after. */
export const idempotencyKeptMs = 86_400_000;

/** A refusal has its answer from the beginning: nobody makes it anew. */
export function keepRefusal(tables: Tables, step: KeptRefusal, nowMs: number): Repeated | null {
  const { applicationId, entry, sealedRefusal } = step;
  const earlier = tables.idempotency.find(entry, nowMs);
  if (earlier !== null) return earlier;
  const application = tables.applications.requireNumber(applicationId);
  const refused = { application, verificationId: '', outcome: refusedOutcome };
  tables.idempotency.insert(entry, refused, nowMs);
  tables.idempotency.keepAnswer(entry.keyHash, sealedRefusal);
  return null;
}
