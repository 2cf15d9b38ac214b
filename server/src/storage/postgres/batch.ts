/**
 * Runs operations together: their rows are read in one round trip, changed in memory one operation
 * after the other, and written back in another. No lock is held in between; a row that somebody
 * else changed meanwhile makes the writing fail, and the operation is run again.
 *
 * Rules:
 * 1. An operation whose step fails, fails alone; what it changed in memory is taken back.
 * 2. A batch that the database refuses for what is in it is run again, one operation at a time.
 * 3. After a conflict the rows are read again. The operations whose rows are as they were are done
 *    at once; the others are `contended`, and the caller runs them again apart from the rest, so
 *    that one recipient whom everybody wants does not hold the others up.
 */

import { isConflict, isOurFault, isPartitionGone } from '#storage/postgres/batch-error.ts';
import type { Key } from '#storage/postgres/keys.ts';
import { load, type Reader } from '#storage/postgres/load.ts';
import type { Operation } from '#storage/postgres/operations.ts';
import type { RecentRows } from '#storage/postgres/recent-rows.ts';
import type { AnyCell } from '#storage/postgres/row-set.ts';
import { commandsOf, daysWritten } from '#storage/postgres/save.ts';
import {
  changedSince,
  createWorkingSet,
  keysIn,
  outcomeOf,
  type Shared,
  type WorkingSet,
} from '#storage/postgres/working-set.ts';
import { createWorkingTables } from '#storage/postgres/working-tables.ts';

/** A step asks for what it misses one row at a time; none works on more rows than this. */
const passesMax = 1_000;

export interface Batching extends Reader {
  readonly shared: Shared;
  readonly recent: RecentRows;
}

/** An operation, and the rows it had touched when it was run in vain. */
export interface Attempt {
  readonly operation: Operation<unknown>;
  readonly keys: readonly Key[];
}

export type Outcome =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'contended'; readonly keys: readonly Key[] };

interface Ran {
  readonly outcome: Exclude<Outcome, { kind: 'contended' }>;
  readonly touched: readonly AnyCell[];
}

/** Answers one outcome for each operation, in their order. Throws when nothing can be stored. */
export async function runBatch(
  batching: Batching,
  batch: readonly Attempt[],
): Promise<readonly Outcome[]> {
  const set = createWorkingSet(batching.shared);
  let ran: readonly Ran[] = [];
  try {
    const nowMs = await load(batching, set, keysOf(batching, set, batch));
    ran = await runOn(batching, set, batch, nowMs);
    await save(batching, set);
  } catch (error) {
    batching.recent.forget(set);
    // Another node has purged the day meanwhile.
    if (isPartitionGone(error)) await batching.partitions.look();
    if (isConflict(error)) return runInnocent(batching, set, batch, ran);
    if (!isOurFault(error)) throw error;
    return batch.length === 1 ? [{ kind: 'failed', error }] : runEachAlone(batching, batch);
  }
  batching.recent.keep(set);
  return ran.map(({ outcome }) => outcome);
}

/** The rows that have to be read; those that are known are in the set. */
function keysOf(
  { shared, clock, recent }: Batching,
  set: WorkingSet,
  batch: readonly Attempt[],
): Key[] {
  const known = { numberOf: shared.applications.numberOf, lastMs: clock.lastMs };
  return batch.flatMap(({ operation, keys: touchedInVain }) => {
    const keys = operation.keys(known);
    if (touchedInVain.length > 0) return [...keys, ...touchedInVain];
    return operation.isReadOnly === true ? keys : recent.recall(set, keys);
  });
}

/**
 * Runs every operation, reading what each turns out to need besides. Their time is the one from
 * before the first row was read: judged by a later one, a row that has changed meanwhile would have
 * been over before it ended, and where nothing is written nobody finds out.
 */
export async function runOn(
  batching: Batching,
  set: WorkingSet,
  batch: readonly Attempt[],
  nowMs: number,
): Promise<readonly Ran[]> {
  const tables = createWorkingTables(set);
  const ran = new Map<Attempt, Ran>();
  for (let pass = 0; pass < passesMax; pass++) {
    const missing: Key[] = [];
    for (const attempt of batch) {
      if (ran.has(attempt)) continue;
      const { result, touched } = outcomeOf(set, () => attempt.operation.run(tables, nowMs));
      if (result.kind === 'missing') missing.push(result.key);
      else ran.set(attempt, { outcome: result, touched });
    }
    if (missing.length === 0) return batch.flatMap((attempt) => ran.get(attempt) ?? []);
    await load(batching, set, missing);
  }
  throw new Error('A step goes on asking for rows.');
}

export async function save(batching: Batching, set: WorkingSet): Promise<void> {
  const commands = commandsOf(set);
  if (commands.length > 0) {
    const days = [...daysWritten(set)];
    if (!days.every(batching.partitions.has)) await batching.partitions.require(days);
    await batching.exchange(commands);
  }
  for (const { application, isRight, nowMs } of set.guesses) {
    set.shared.tallies.add(application, isRight, nowMs);
  }
}

/** After a conflict: does what nobody else has touched, and says which operations are left. */
async function runInnocent(
  batching: Batching,
  before: WorkingSet,
  batch: readonly Attempt[],
  ran: readonly Ran[],
): Promise<readonly Outcome[]> {
  const set = createWorkingSet(batching.shared);
  const nowMs = await load(batching, set, keysIn(before));
  const changed = changedSince(before, set);
  batching.recent.learn(before, changed);
  const outcomes = batch.map((_, index): Outcome => {
    const keys = ran[index]?.touched.map((cell) => cell.keyOf(cell.id)) ?? [];
    return { kind: 'contended', keys };
  });
  const innocent = batch.filter((_, index) => {
    const touched = ran[index]?.touched;
    return touched?.every((cell) => !changed.has(cell));
  });
  // Where nothing has changed, the other one has given way as well: everybody tries again.
  if (innocent.length === batch.length || innocent.length === 0) return outcomes;
  try {
    const again = await runOn(batching, set, innocent, nowMs);
    await save(batching, set);
    batching.recent.keep(set);
    for (const [index, attempt] of innocent.entries()) {
      const outcome = again[index]?.outcome;
      if (outcome !== undefined) outcomes[batch.indexOf(attempt)] = outcome;
    }
  } catch (error) {
    if (!isConflict(error) && !isOurFault(error)) throw error;
  }
  return outcomes;
}

async function runEachAlone(batching: Batching, batch: readonly Attempt[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const attempt of batch) outcomes.push(...(await runBatch(batching, [attempt])));
  return outcomes;
}
