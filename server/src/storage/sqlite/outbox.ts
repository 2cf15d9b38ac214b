import type { Database } from '#storage/sqlite/statement.ts';

interface OutboxRow {
  readonly delivery: number;
  readonly in_flight: number;
  readonly sealed_message: string;
}

/** The messages that are still owed to a provider, by the head of their delivery. */
export function createOutbox(database: Database) {
  const enqueue = database.prepare(
    'INSERT INTO outbox (delivery, due_at_ms, in_flight, sealed_message) VALUES (?, ?, 1, ?)',
  );
  const schedule = database.prepare(
    'UPDATE outbox SET due_at_ms = ?, in_flight = ? WHERE delivery = ?',
  );
  const due = database.prepare<OutboxRow>(
    'SELECT delivery, in_flight, sealed_message FROM outbox WHERE due_at_ms <= ? ' +
      'ORDER BY due_at_ms LIMIT ?',
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
    /** In the hands of the node that started it until `dueAtMs`. */
    insert(delivery: number, dueAtMs: number, sealedMessage: string): void {
      enqueue.run(delivery, dueAtMs, sealedMessage);
    },
    due: (nowMs: number, limit: number): OutboxRow[] => due.all(nowMs, limit),
    schedule(head: number, dueAtMs: number, isInFlight: boolean): void {
      schedule.run(dueAtMs, isInFlight ? 1 : 0, head);
    },
    /** Takes a message out of the queue for good. */
    leave(head: number): void {
      leave.run(head);
    },
    /** As `leave`, unless a node has the message in its hands and will say what became of it. */
    leaveIfWaiting: (head: number): boolean => leaveIfWaiting.run(head) === 1,
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
