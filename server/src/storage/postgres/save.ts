/**
 * Writes a working set back: one exchange, so one transaction. It fails as a whole when a row is
 * not as it was read. Tables come in one order and rows in the order of their keys, so that two
 * batches that meet wait for each other once and never in a circle.
 */
import { randomBytes } from 'node:crypto';
import { formatId, headAt, idRandomLength, shardOfHash, shardOfId } from '#domain/id.ts';
import { arrayParameter } from '#storage/postgres/array-parameter.ts';
import { requireFuture } from '#storage/postgres/clock.ts';
import type { Writer } from '#storage/postgres/columns.ts';
import { dayOfKnownId, type HistoryTable, partitionOf } from '#storage/postgres/days.ts';
import { deliveryWriter } from '#storage/postgres/delivery-columns.ts';
import { eventCommands } from '#storage/postgres/events.ts';
import type { Command } from '#storage/postgres/exchange.ts';
import { idempotencyWriter } from '#storage/postgres/idempotency-columns.ts';
import { ledgerWriter } from '#storage/postgres/ledger-columns.ts';
import { shardOfBudget } from '#storage/postgres/read-statements.ts';
import type { FullCell, RowSet } from '#storage/postgres/row-set.ts';
import { progressWriter, verificationWriter } from '#storage/postgres/verification-columns.ts';
import type { OwedCallback, WorkingSet } from '#storage/postgres/working-set.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

/** Days that rows are written to, whose partitions have to be there. */
export function daysWritten({ verifications, deliveries }: WorkingSet): Set<number> {
  const days = new Set<number>();
  for (const [table, rows] of [
    ['verification', verifications],
    ['delivery', deliveries],
  ] as const) {
    for (const { id } of rows.changed()) days.add(dayOfKnownId(table, id));
  }
  return days;
}

export function commandsOf(set: WorkingSet): Command[] {
  return [
    ...historyCommands('verification', sorted(set.verifications), (table, cells) =>
      verificationCommands(table, cells, set.firstVersion),
    ),
    ...historyCommands('delivery', sorted(set.deliveries), (table, cells) =>
      rowCommands(deliveryWriter, table, cells, set.firstVersion),
    ),
    ...rowCommands(ledgerWriter, 'ledger', sorted(set.ledgers), set.firstVersion),
    ...rowCommands(idempotencyWriter, 'idempotency', sorted(set.idempotency), set.firstVersion),
    ...confirmations(set),
    ...callbackCommands(set.callbacks),
    ...eventCommands(set.events),
    ...spendingCommands(set),
  ];
}

function historyCommands<Row>(
  table: HistoryTable,
  rows: readonly FullCell<Row>[],
  commands: (partition: string, cells: readonly FullCell<Row>[]) => Command[],
): Command[] {
  const byDay = Map.groupBy(rows, ({ id }) => dayOfKnownId(table, id));
  return [...byDay].flatMap(([day, cells]) => commands(partitionOf(table, day), cells));
}

function verificationCommands(
  table: string,
  cells: readonly FullCell<KeptVerification>[],
  firstVersion: number,
): Command[] {
  const progressed = cells.filter(isProgress);
  const others = cells.filter((cell) => !isProgress(cell));
  return [
    ...refuseEnded(others),
    ...rowCommands(verificationWriter, table, others, firstVersion),
    ...rowCommands(progressWriter, table, progressed, firstVersion),
  ];
}

/**
 * A life is written down only while it lasts: a node that stood still between reading and writing
 * decides again, because the job that ends lives does not look back (expiry.ts).
 */
function refuseEnded(cells: readonly FullCell<KeptVerification>[]): Command[] {
  const ends = cells
    .filter(({ row }) => row.record.status === 'pending')
    .map(({ row }) => row.record.expiresAtMs);
  return ends.length === 0 ? [] : [{ text: requireFuture, values: [String(Math.min(...ends))] }];
}

/** Not new, and not sent again. */
function isProgress({ stored, row }: FullCell<KeptVerification>): boolean {
  return stored !== null && stored.record.sendsUsed === row.record.sendsUsed;
}

function rowCommands<Row>(
  writer: Writer<Row>,
  table: string,
  cells: readonly FullCell<Row>[],
  firstVersion: number,
): Command[] {
  const fresh = cells.filter(({ version }) => version === 0).map(({ row }) => row);
  const changed = cells.filter(({ version }) => version > 0);
  return [
    ...(fresh.length === 0 ? [] : [writer.insert(table, fresh, firstVersion)]),
    ...(changed.length === 0 ? [] : [writer.update(table, changed)]),
  ];
}

/** That what was recalled and is not written is still so: without a lock, so in any order. */
function confirmations(set: WorkingSet): Command[] {
  return [
    ...historyCommands('verification', [...set.verifications.unproven()], (table, cells) => [
      verificationWriter.confirm(table, cells),
    ]),
    ...historyCommands('delivery', [...set.deliveries.unproven()], (table, cells) => [
      deliveryWriter.confirm(table, cells),
    ]),
    ...confirmAll(ledgerWriter, 'ledger', set.ledgers),
    ...confirmAll(idempotencyWriter, 'idempotency', set.idempotency),
  ];
}

function confirmAll<Row>(writer: Writer<Row>, table: string, rows: RowSet<Row>): Command[] {
  const cells = [...rows.unproven()];
  return cells.length === 0 ? [] : [writer.confirm(table, cells)];
}

function sorted<Row>(rows: RowSet<Row>): FullCell<Row>[] {
  return [...rows.changed()].sort((first, second) => (first.id < second.id ? -1 : 1));
}

let lastHead = 0;

function callbackCommands(callbacks: readonly OwedCallback[]): Command[] {
  if (callbacks.length === 0) return [];
  const ids = callbacks.map(({ kept: { record } }) => {
    // By the machine's clock, like every id: a sandbox clock can be moved past what a head holds.
    lastHead = Math.max(headAt(Date.now()), lastHead + 1);
    return formatId('evt', lastHead, randomBytes(idRandomLength), shardOfHash(record.ledgerKey));
  });
  const records = callbacks.map(({ kept }) => kept.record);
  const values = [
    arrayParameter('text', ids),
    arrayParameter('smallint', ids.map(shardOfId)),
    arrayParameter(
      'integer',
      callbacks.map(({ kept }) => kept.application),
    ),
    arrayParameter(
      'text',
      records.map(({ id }) => id),
    ),
    arrayParameter(
      'text',
      records.map(({ status }) => `verification.${status}`),
    ),
    arrayParameter(
      'bigint',
      callbacks.map(({ nowMs }) => nowMs),
    ),
  ];
  return [{ text: insertCallbacks, values }];
}

const insertCallbacks =
  'INSERT INTO callback ' +
  '(id, shard, application, verification_id, event, at_ms, attempts, due_at_ms) ' +
  'SELECT id, shard, application, verification_id, event, at_ms, 0, at_ms ' +
  'FROM unnest($1::text[], $2::smallint[], $3::integer[], $4::text[], $5::text[], $6::bigint[]) ' +
  'AS n(id, shard, application, verification_id, event, at_ms)';

/** Last, because the budget of an application is the row that the most batches want. */
function spendingCommands({ spendings }: WorkingSet): Command[] {
  const sums = [...spendings.entries()]
    .sort(([first], [second]) => (first < second ? -1 : 1))
    .map(([, spending]) => spending);
  if (sums.length === 0) return [];
  const values = [
    arrayParameter('smallint', sums.map(shardOfBudget)),
    arrayParameter(
      'integer',
      sums.map(({ application }) => application),
    ),
    arrayParameter(
      'integer',
      sums.map(({ day }) => day),
    ),
    arrayParameter(
      'text',
      sums.map(({ scope }) => scope),
    ),
    arrayParameter(
      'text',
      sums.map(({ currency }) => currency),
    ),
    arrayParameter(
      'bigint',
      sums.map(({ micros }) => micros),
    ),
    arrayParameter(
      'bigint',
      sums.map(({ spentBeforeMax, micros }) =>
        spentBeforeMax === null ? null : spentBeforeMax + micros,
      ),
    ),
  ];
  return [{ text: spend, values }];
}

const spend =
  'SELECT watchword_spend(shard, application, day, scope, currency, micros, micros_max) ' +
  'FROM unnest($1::smallint[], $2::integer[], $3::integer[], $4::text[], $5::text[], ' +
  '$6::bigint[], $7::bigint[]) AS n(shard, application, day, scope, currency, micros, micros_max)';
