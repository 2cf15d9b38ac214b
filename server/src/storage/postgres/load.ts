/** Reads rows into a working set: one exchange, whatever the tables and however many the rows. */
import { shardOfHash, shardOfId } from '#domain/id.ts';
import { UnknownApplication } from '#storage/postgres/application-numbers.ts';
import { arrayParameter } from '#storage/postgres/array-parameter.ts';
import { type Clock, readTime } from '#storage/postgres/clock.ts';
import { dayOfId, type HistoryTable } from '#storage/postgres/days.ts';
import { toDelivery } from '#storage/postgres/delivery-columns.ts';
import type { Command, Exchange, TextRow } from '#storage/postgres/exchange.ts';
import { toRepeatableStep } from '#storage/postgres/idempotency-columns.ts';
import { budgetCell, cellOf, type Key, type KeyOf, ledgerCell } from '#storage/postgres/keys.ts';
import { toLedger } from '#storage/postgres/ledger-columns.ts';
import type { Partitions } from '#storage/postgres/partitions.ts';
import {
  deliveryStart,
  ledgerStart,
  readBudgets,
  readDeliveries,
  readLedgers,
  readRepeatableSteps,
  readVerifications,
  shardOfBudget,
} from '#storage/postgres/read-statements.ts';
import { toVerification } from '#storage/postgres/verification-columns.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

export interface Reader {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly partitions: Partitions;
}

/** A statement, and what becomes of its rows. */
interface Question extends Command {
  take(rows: readonly TextRow[]): void;
}

/**
 * Answers the storage's time from before the rows were read. Every row that is named is known
 * afterwards, there or not.
 */
export async function load(
  reader: Reader,
  set: WorkingSet,
  named: readonly Key[],
): Promise<number> {
  const keys = unknownRows(set, named);
  const verifications = groupByDay('verification', only(keys, 'verification'));
  const deliveries = groupByDay('delivery', only(keys, 'delivery'));
  const days = [...verifications.keys(), ...deliveries.keys()];
  // Only where it is needed: a batch waits for nothing before it is sent (lane.ts).
  if (!days.every(reader.partitions.has)) await reader.partitions.learn(days);
  const questions = [
    ...inKnownDays(reader, verifications, (day, its) => askVerifications(set, day, its)),
    ...inKnownDays(reader, deliveries, (day, its) => askDeliveries(set, day, its)),
    ...askLedgers(set, only(keys, 'ledger')),
    ...askRepeatableSteps(set, only(keys, 'idempotency')),
    ...askBudgets(set, only(keys, 'budget')),
  ];
  const begunMs = reader.clock.begin();
  const results = await reader.exchange([{ text: readTime, values: [] }, ...questions]);
  await findApplications(set, only(keys, 'application'));
  await takingApplications(set.shared, () => {
    for (const [index, question] of questions.entries()) question.take(results[index + 1] ?? []);
  });
  fillAbsent(set, keys);
  return reader.clock.observe(results[0]?.[0] ?? [], begunMs);
}

/** Each row once, and none that was read before. */
function unknownRows(set: WorkingSet, keys: readonly Key[]): Key[] {
  const unknown = new Map<string, Key>();
  for (const key of keys) {
    const cell = cellOf(key);
    if (key.table !== 'application' && set.byTable[key.table].has(cell)) continue;
    const place = `${key.table} ${cell}`;
    // Of two that want one verification, one may want its delivery.
    if (key.table === 'verification' && !key.withDeliveries && unknown.has(place)) continue;
    unknown.set(place, key);
  }
  return [...unknown.values()];
}

function only<Table extends Key['table']>(keys: readonly Key[], table: Table): KeyOf<Table>[] {
  return keys.filter((key) => key.table === table) as KeyOf<Table>[];
}

/** Takes rows; an application that another node has made meanwhile is looked up first. */
export async function takingApplications(
  { applications }: WorkingSet['shared'],
  take: () => void,
): Promise<void> {
  try {
    take();
  } catch (error) {
    if (!(error instanceof UnknownApplication)) throw error;
    await applications.read();
    take();
  }
}

async function findApplications(
  { shared: { applications }, strangers }: WorkingSet,
  asked: readonly KeyOf<'application'>[],
): Promise<void> {
  if (asked.length > 0) await applications.read();
  for (const { id } of asked) if (applications.numberOf(id) === undefined) strangers.add(id);
}

/** Without what is no id of this table: nothing lies under it. */
function groupByDay<Its extends { readonly id: string }>(
  table: HistoryTable,
  keys: readonly Its[],
): Map<number, Its[]> {
  const groups = Map.groupBy(keys, ({ id }) => dayOfId(table, id) ?? noDay);
  groups.delete(noDay);
  return groups;
}

const noDay = -1;

/** Asks in the days whose partitions are there; nothing lies in the others. */
function inKnownDays<Its>(
  { partitions }: Reader,
  groups: ReadonlyMap<number, Its[]>,
  ask: (day: number, its: readonly Its[]) => Question,
): Question[] {
  return [...groups].flatMap(([day, its]) => (partitions.has(day) ? ask(day, its) : []));
}

function askVerifications(
  set: WorkingSet,
  day: number,
  keys: readonly KeyOf<'verification'>[],
): Question {
  const ids = keys.map(({ id }) => id);
  const values = [
    arrayParameter('text', ids),
    arrayParameter('smallint', ids.map(shardOfId)),
    arrayParameter(
      'boolean',
      keys.map(({ withDeliveries }) => withDeliveries),
    ),
  ];
  const take = (rows: readonly TextRow[]) => {
    for (const row of rows) takeFamily(set, row);
  };
  return { text: readVerifications(day), values, take };
}

/** A verification alone. */
export function takeVerification(set: WorkingSet, row: TextRow): KeptVerification {
  const kept = toVerification(row, set.shared.applications.idOf);
  set.verifications.fill(kept.record.id, Number(row[0]), kept);
  return kept;
}

function takeFamily(set: WorkingSet, row: TextRow): void {
  const id = row[2] ?? '';
  if (!set.verifications.has(id)) {
    const { application, record } = takeVerification(set, row);
    const cell = ledgerCell(application, record.ledgerKey);
    const version = row[ledgerStart];
    if (version != null) set.ledgers.fill(cell, Number(version), toLedger(row.slice(ledgerStart)));
    // Elsewhere it was not looked for.
    else if (shardOfHash(record.ledgerKey) === shardOfId(id)) set.ledgers.fill(cell, 0, null);
  }
  if (row[deliveryStart] != null) takeDelivery(set, row.slice(deliveryStart));
}

function askDeliveries(set: WorkingSet, day: number, keys: readonly KeyOf<'delivery'>[]): Question {
  const ids = keys.map(({ id }) => id);
  const values = [arrayParameter('text', ids), arrayParameter('smallint', ids.map(shardOfId))];
  const take = (rows: readonly TextRow[]) => {
    for (const row of rows) takeDelivery(set, row);
  };
  return { text: readDeliveries(day), values, take };
}

export function takeDelivery(set: WorkingSet, row: TextRow): void {
  const id = row[2] ?? '';
  if (set.deliveries.has(id)) return;
  set.deliveries.fill(id, Number(row[0]), toDelivery(row, set.shared.applications.idOf));
}

function askLedgers(set: WorkingSet, keys: readonly KeyOf<'ledger'>[]): Question[] {
  if (keys.length === 0) return [];
  const names = keys.map(({ key }) => key);
  const values = [
    arrayParameter('smallint', names.map(shardOfHash)),
    arrayParameter(
      'integer',
      keys.map(({ application }) => application),
    ),
    arrayParameter('text', names),
  ];
  const take = (rows: readonly TextRow[]) => {
    for (const row of rows) {
      const ledger = toLedger(row);
      set.ledgers.fill(ledgerCell(ledger.application, ledger.key), Number(row[0]), ledger);
    }
  };
  return [{ text: readLedgers, values, take }];
}

function askRepeatableSteps(set: WorkingSet, keys: readonly KeyOf<'idempotency'>[]): Question[] {
  if (keys.length === 0) return [];
  const hashes = keys.map(({ keyHash }) => keyHash);
  const take = (rows: readonly TextRow[]) => {
    for (const row of rows) {
      const step = toRepeatableStep(row);
      set.idempotency.fill(step.keyHash, Number(row[0]), step);
    }
  };
  const values = [
    arrayParameter('smallint', hashes.map(shardOfHash)),
    arrayParameter('text', hashes),
  ];
  return [{ text: readRepeatableSteps, values, take }];
}

function askBudgets(set: WorkingSet, keys: readonly KeyOf<'budget'>[]): Question[] {
  if (keys.length === 0) return [];
  const values = [
    arrayParameter('smallint', keys.map(shardOfBudget)),
    arrayParameter(
      'integer',
      keys.map(({ application }) => application),
    ),
    arrayParameter(
      'integer',
      keys.map(({ day }) => day),
    ),
    arrayParameter(
      'text',
      keys.map(({ scope }) => scope),
    ),
  ];
  const take = (rows: readonly TextRow[]) => {
    for (const [application, day, scope, micros, currency] of rows) {
      const cell = budgetCell(Number(application), Number(day), scope ?? '');
      // It has no version: it is another one when its sum is.
      set.budgets.fill(cell, Number(micros), { micros: Number(micros), currency: currency ?? '' });
    }
  };
  return [{ text: readBudgets, values, take }];
}

/** What was asked for and not found is not there. */
function fillAbsent(set: WorkingSet, keys: readonly Key[]): void {
  for (const key of keys) {
    if (key.table !== 'application') set.byTable[key.table].fill(cellOf(key), 0, null);
  }
}
