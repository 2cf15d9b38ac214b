import { deliveryHead } from '#storage/sqlite/delivery-record.ts';
import type { DeliveryRows } from '#storage/sqlite/delivery-rows.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import type { DueMessage } from '#storage/steps/tables.ts';

interface OutboxRow {
  readonly delivery: number;
  readonly in_flight: number;
}

/** The messages that are still owed to a provider. */
export function createOutbox(database: Database, deliveries: DeliveryRows) {
  const enqueue = database.prepare(
    'INSERT INTO outbox (delivery, due_at_ms, in_flight) VALUES (?, ?, 1)',
  );
  const schedule = database.prepare(
    'UPDATE outbox SET due_at_ms = ?, in_flight = ? WHERE delivery = ?',
  );
  const due = database.prepare<OutboxRow>(
    'SELECT delivery, in_flight FROM outbox WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT ?',
  );
  const leave = database.prepare('DELETE FROM outbox WHERE delivery = ?');
  const leaveIfWaiting = database.prepare(
    'DELETE FROM outbox WHERE delivery = ? AND in_flight = 0',
  );
  const renewLease = database.prepare(
    'UPDATE outbox SET due_at_ms = ? WHERE delivery = ? AND in_flight = 1',
  );
  const shiftLeases = database.prepare(
    'UPDATE outbox SET due_at_ms = due_at_ms + ? WHERE in_flight = 1',
  );
  const endLeases = database.prepare('UPDATE outbox SET due_at_ms = 0 WHERE in_flight = 1');

  return {
    insert(deliveryId: string, dueAtMs: number): void {
      enqueue.run(deliveryHead(deliveryId), dueAtMs);
    },
    due(nowMs: number, limit: number): DueMessage[] {
      return due.all(nowMs, limit).flatMap((row) => {
        const delivery = deliveries.atHead(row.delivery);
        if (delivery === null) {
          leave.run(row.delivery);
          return [];
        }
        return { delivery, wasInFlight: row.in_flight === 1 };
      });
    },
    schedule(deliveryId: string, dueAtMs: number, isInFlight: boolean): void {
      schedule.run(dueAtMs, isInFlight ? 1 : 0, deliveryHead(deliveryId));
    },
    leave(deliveryId: string): void {
      leave.run(deliveryHead(deliveryId));
    },
    leaveIfWaiting(deliveryId: string): boolean {
      // What is not queued has no message here; most are sent long before their verification ends.
      if (deliveries.find(deliveryId)?.record.status !== 'queued') return false;
      return leaveIfWaiting.run(deliveryHead(deliveryId)) === 1;
    },
    renewLease(head: number, dueAtMs: number): void {
      renewLease.run(dueAtMs, head);
    },
    /** A clock that is moved must not make a message under way look lost. */
    shiftLeases(milliseconds: number): void {
      shiftLeases.run(milliseconds);
    },
    /** When a server opens its database, no other holds a message any more. */
    endLeases(): void {
      endLeases.run();
    },
  };
}
