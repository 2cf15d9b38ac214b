import { dayOfId } from '#storage/postgres/days.ts';
import type { OwedDelivery } from '#storage/postgres/delivery-columns.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import type { KeptDelivery, Tables } from '#storage/steps/tables.ts';

export function createDeliveryTable({ deliveries: rows }: WorkingSet): Tables['deliveries'] {
  function find(id: string): KeptDelivery | null {
    const isPossible = rows.has(id) || dayOfId('delivery', id) !== null;
    return isPossible ? (rows.find(id)?.kept ?? null) : null;
  }

  return {
    find,
    of: ({ deliveryIds }) => deliveryIds.flatMap((id) => rows.find(id)?.kept ?? []),
    insert(kept) {
      rows.insert(kept.record.id, { kept, dueAtMs: null, isInFlight: false });
    },
    save(kept) {
      const owed = rows.find(kept.record.id);
      if (owed === null) throw new Error('A delivery is not there any more.');
      const { record } = kept;
      rows.change(record.id, { ...owed, kept: { ...owed.kept, record } });
    },
  };
}

/** What is owed lies in the row of its delivery. */
export function createOutboxTable({ deliveries: rows }: WorkingSet) {
  function change(id: string, parts: Partial<OwedDelivery>): void {
    const owed = rows.find(id);
    if (owed !== null) rows.change(id, { ...owed, ...parts });
  }

  function leave(id: string): void {
    change(id, { dueAtMs: null, isInFlight: false });
  }

  return {
    insert(id: string, dueAtMs: number): void {
      change(id, { dueAtMs, isInFlight: true });
    },
    due(): never {
      throw new Error('What is due is read beforehand.');
    },
    schedule(id: string, dueAtMs: number, isInFlight: boolean): void {
      change(id, { dueAtMs, isInFlight });
    },
    leave,
    leaveIfWaiting(id: string): boolean {
      const owed = rows.find(id);
      if (owed === null || owed.dueAtMs === null || owed.isInFlight) return false;
      leave(id);
      return true;
    },
    /** For what a node still has in its hands. */
    renewLease(id: string, dueAtMs: number): void {
      const owed = dayOfId('delivery', id) === null ? null : rows.find(id);
      if (owed?.isInFlight === true) change(id, { dueAtMs });
    },
  };
}
