import { isPlain } from '#domain/plain-message.ts';
import type { EventType } from '#service/event-port.ts';
import type { KeptDelivery, KeptVerification, Tables } from '#storage/steps/tables.ts';

/** An event that nobody is told of longer than this is dropped. */
export const eventKeptMs = 7 * 86_400_000;

/** An event on its way into the storage. */
export interface NewEvent {
  readonly application: number;
  readonly verificationId: string;
  readonly deliveryId: string | null;
  readonly type: EventType;
  readonly atMs: number;
}

/**
 * The same tables, which write an event with each change of a status. They stand between the steps
 * and the rows, so no step can forget one, and a storage that keeps no events does without them.
 */
export function withEvents<Its extends Pick<Tables, 'verifications' | 'deliveries'>>(
  tables: Its,
  write: (event: NewEvent) => void,
): Its {
  const { verifications, deliveries } = tables;
  return {
    ...tables,
    verifications: {
      ...verifications,
      insert(kept: KeptVerification) {
        verifications.insert(kept);
        if (!isPlain(kept.record)) write(changeOf(kept));
      },
      finish(kept: KeptVerification) {
        const isFirst = verifications.finish(kept);
        if (isFirst && !isPlain(kept.record)) write(changeOf(kept));
        return isFirst;
      },
    },
    deliveries: {
      ...deliveries,
      save(kept: KeptDelivery) {
        const before = deliveries.find(kept.record.id)?.record.status;
        deliveries.save(kept);
        const { id: deliveryId, verificationId, status, createdAtMs, history } = kept.record;
        if (status === before || status === 'queued') return;
        const atMs = history.at(-1)?.atMs ?? createdAtMs;
        const { application } = kept;
        write({ application, verificationId, deliveryId, type: `delivery.${status}`, atMs });
      },
    },
  };
}

function changeOf({ application, record }: KeptVerification): NewEvent {
  const { id: verificationId, status, createdAtMs, finishedAtMs } = record;
  return {
    ...{ application, verificationId, deliveryId: null },
    type: status === 'pending' ? 'verification.started' : `verification.${status}`,
    atMs: finishedAtMs ?? createdAtMs,
  };
}
