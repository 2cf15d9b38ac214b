import { randomBytes } from 'node:crypto';
import { formatId, headAt, idRandomLength, shardOfId } from '#domain/id.ts';
import type { EventRecord, EventStorage, EventType } from '#service/event-port.ts';
import { arrayParameter, type ElementType } from '#storage/postgres/array-parameter.ts';
import type { Command } from '#storage/postgres/exchange.ts';
import type { Sql } from '#storage/postgres/sql.ts';
import type { NewEvent } from '#storage/steps/events.ts';

interface EventRow {
  readonly number: number;
  readonly id: string;
  readonly type: string;
  readonly application_id: string;
  readonly verification_id: string;
  readonly delivery_id: string | null;
  readonly at_ms: number;
}

/** Changes of a status that are still to be told; the rows are made with the changes. */
export function createEvents(sql: Sql, now: () => Promise<number>): EventStorage {
  // What this node holds: asking is no reason to write as long as most of it is left.
  let held = { by: '', renewAtMs: 0 };

  async function hold(holder: string, leaseMs: number): Promise<boolean> {
    const nowMs = await now();
    if (held.by === holder && nowMs < held.renewAtMs) return true;
    held = { by: '', renewAtMs: 0 };
    const changed = await sql.run(
      'UPDATE event_holder SET holder = $1, until_ms = $2 WHERE holder = $1 OR until_ms <= $3',
      [holder, nowMs + leaseMs, nowMs],
    );
    if (changed > 0) held = { by: holder, renewAtMs: nowMs + leaseMs / 2 };
    return changed > 0;
  }

  return {
    async claimEvents({ holder, limit, leaseMs }) {
      if (!(await hold(holder, leaseMs))) return null;
      const rows = await sql.rows<EventRow>(
        `SELECT event.number, event.id, type, application.id AS application_id, verification_id,
           delivery_id, at_ms
         FROM event JOIN application ON application.number = event.application
         ORDER BY event.number LIMIT $1`,
        [limit],
      );
      return rows.map(toEvent);
    },
    async removeEvents(positions) {
      if (positions.length === 0) return;
      await sql.run('DELETE FROM event WHERE number = ANY ($1::bigint[])', [positions]);
    },
    async releaseEvents(holder) {
      if (held.by === holder) held = { by: '', renewAtMs: 0 };
      await sql.run('UPDATE event_holder SET until_ms = 0 WHERE holder = $1', [holder]);
    },
  };
}

function toEvent(row: EventRow): EventRecord {
  return {
    position: row.number,
    id: row.id,
    // What is in the table was written by `eventCommands`.
    type: row.type as EventType,
    applicationId: row.application_id,
    verificationId: row.verification_id,
    deliveryId: row.delivery_id,
    atMs: row.at_ms,
  };
}

let lastHead = 0;

/** The events of a batch, numbered in the order in which its steps made them. */
export function eventCommands(events: readonly NewEvent[]): Command[] {
  if (events.length === 0) return [];
  const shards = events.map(({ verificationId }) => shardOfId(verificationId));
  const ids = shards.map((shard) => {
    // By the machine's clock, like every id: a sandbox clock can be moved past what a head holds.
    lastHead = Math.max(headAt(Date.now()), lastHead + 1);
    return formatId('evt', lastHead, randomBytes(idRandomLength), shard);
  });
  const column = (type: ElementType, read: (event: NewEvent) => string | number | null) =>
    arrayParameter(type, events.map(read));
  const values = [
    arrayParameter('smallint', shards),
    arrayParameter('text', ids),
    column('integer', ({ application }) => application),
    column('text', ({ verificationId }) => verificationId),
    column('text', ({ deliveryId }) => deliveryId),
    column('text', ({ type }) => type),
    column('bigint', ({ atMs }) => atMs),
  ];
  return [{ text: insertEvents, values }];
}

const insertEvents =
  'INSERT INTO event (shard, id, application, verification_id, delivery_id, type, at_ms) ' +
  'SELECT shard, id, application, verification_id, delivery_id, type, at_ms ' +
  'FROM unnest($1::smallint[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], ' +
  '$7::bigint[]) WITH ORDINALITY ' +
  'AS n(shard, id, application, verification_id, delivery_id, type, at_ms, place) ORDER BY place';
