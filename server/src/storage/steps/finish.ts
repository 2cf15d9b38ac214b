import type { Ending } from '#domain/verification.ts';
import { failDelivery } from '#storage/steps/deliveries.ts';
import { withEntry } from '#storage/steps/history.ts';
import {
  type KeptLedger,
  type KeptVerification,
  liveKeyOf,
  type Tables,
} from '#storage/steps/tables.ts';

/**
 * Writes an ending down: final status, code erased, recipient free for the next verification, what
 * waits to be sent dropped, the application's callback owed. `ledger` is the recipient's; the
 * caller writes it, often with more changes. Null when somebody else ended it first.
 */
export function finish(
  tables: Tables,
  step: { kept: KeptVerification; ending: Ending; ledger: KeptLedger; nowMs: number },
): KeptVerification | null {
  const { kept, ending, ledger, nowMs } = step;
  const { record } = kept;
  // Time ends a verification at its moment, not when somebody came to look.
  const finishedAtMs = ending.status === 'expired' ? Math.min(nowMs, record.expiresAtMs) : nowMs;
  const finished: KeptVerification = {
    ...kept,
    record: {
      ...record,
      status: ending.status,
      finishedAtMs,
      history: withEntry(record.history, {
        atMs: finishedAtMs,
        event: ending.status,
        detail: ending.detail,
      }),
      sealedCode: null,
    },
  };
  if (!tables.verifications.finish(finished)) return null;
  const liveKey = liveKeyOf(record);
  if (ledger.live.get(liveKey) === record.id) ledger.live.delete(liveKey);
  dropWaiting(tables, finished, { error: 'The verification is finished.', nowMs });
  if (record.hasCallback) tables.callbacks.insert(finished, nowMs);
  return finished;
}

/** Fails every delivery that no node has in its hands: its code is worth nothing any more. */
export function dropWaiting(
  tables: Tables,
  kept: KeptVerification,
  reason: { error: string; nowMs: number },
): void {
  for (const id of kept.deliveryIds) {
    if (!tables.outbox.leaveIfWaiting(id)) continue;
    const delivery = tables.deliveries.find(id);
    if (delivery !== null)
      failDelivery(tables, delivery, { ...reason, country: kept.record.country });
  }
}
