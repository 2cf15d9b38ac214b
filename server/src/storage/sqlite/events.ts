import { randomBytes } from 'node:crypto';
import { formatId, headAt, idRandomLength } from '#domain/id.ts';
import type { EventClaim, EventRecord, EventType } from '#service/event-port.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import { eventKeptMs, type NewEvent } from '#storage/steps/events.ts';

interface EventRow {
  readonly head: number;
  readonly id: string;
  readonly application: number;
  readonly verification_id: string;
  readonly delivery_id: string | null;
  readonly type: string;
  readonly at_ms: number;
}

/** Changes of a status that are still to be told, in their order. */
export function createEvents(database: Database, applications: Applications) {
  const newest = database.prepareTuples<[head: number]>(
    'SELECT head FROM event ORDER BY head DESC LIMIT 1',
  );
  const insert = database.prepare(
    'INSERT INTO event (head, id, application, verification_id, delivery_id, type, at_ms) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const oldest = database.prepare<EventRow>(
    'SELECT head, id, application, verification_id, delivery_id, type, at_ms FROM event ' +
      'ORDER BY head LIMIT ?',
  );
  const remove = database.prepare('DELETE FROM event WHERE head = ?');
  const drop = database.prepare(
    'DELETE FROM event WHERE head IN (SELECT head FROM event ORDER BY head LIMIT ?) AND at_ms < ?',
  );
  // Remembered beyond the row, so that no head is given to two events.
  let lastHead = 0;
  // One server has the file, so its memory is the place for who tells.
  let held = { by: '', untilMs: 0 };

  return {
    insert({ application, verificationId, deliveryId, type, atMs }: NewEvent): void {
      if (lastHead === 0) [lastHead] = newest.get() ?? [0];
      // By the machine's clock, like every id: a sandbox clock can be moved past what a head holds.
      lastHead = Math.max(headAt(Date.now()), lastHead + 1);
      const id = formatId('evt', lastHead, randomBytes(idRandomLength));
      insert.run(lastHead, id, application, verificationId, deliveryId, type, atMs);
    },
    claim({ holder, limit, leaseMs }: EventClaim, nowMs: number): EventRecord[] | null {
      if (held.by !== holder && nowMs < held.untilMs) return null;
      held = { by: holder, untilMs: nowMs + leaseMs };
      return oldest.all(limit).map((row) => ({
        position: row.head,
        id: row.id,
        // What is in the table was written by `insert`.
        type: row.type as EventType,
        applicationId: applications.idOf(row.application),
        verificationId: row.verification_id,
        deliveryId: row.delivery_id,
        atMs: row.at_ms,
      }));
    },
    remove(positions: readonly number[]): void {
      for (const position of positions) remove.run(position);
    },
    release(holder: string): void {
      if (held.by === holder) held = { by: '', untilMs: 0 };
    },
    /** Answers how many it has dropped. */
    drop: (limit: number, nowMs: number): number => drop.run(limit, nowMs - eventKeptMs),
  };
}
