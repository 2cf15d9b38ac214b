import { isPlain, textErased } from '#domain/plain-message.ts';
import { withEntry } from '#storage/steps/history.ts';
import type { KeptDelivery, KeptVerification, Tables } from '#storage/steps/tables.ts';

/** A verification of the application; a plain message is none. */
export function findVerification(
  tables: Tables,
  { applicationId, verificationId }: { applicationId: string; verificationId: string },
): KeptVerification | null {
  const kept = tables.verifications.find(applicationId, verificationId);
  return kept === null || isPlain(kept.record) ? null : kept;
}

/**
 * Erases the text of a plain message that has left the queue: it has one delivery, and nobody sends
 * it again. Does nothing for the message of a verification, whose code lives on.
 */
export function eraseText(tables: Tables, { codeVersion, record }: KeptDelivery, nowMs: number) {
  if (!isPlain({ codeVersion })) return;
  const kept = tables.verifications.byId(record.verificationId);
  if (kept?.record.status !== 'pending') return;
  const { status, detail } = textErased;
  const history = withEntry(kept.record.history, { atMs: nowMs, event: 'expired', detail });
  tables.verifications.finish({
    ...kept,
    record: { ...kept.record, status, finishedAtMs: nowMs, history, sealedCode: null },
  });
}
