import { randomInt } from 'node:crypto';
import type { ApplicationNumbers } from '#storage/postgres/application-numbers.ts';
import type { OwedDelivery } from '#storage/postgres/delivery-columns.ts';
import type { RepeatableStep } from '#storage/postgres/idempotency-columns.ts';
import { cells, type Key } from '#storage/postgres/keys.ts';
import type { LedgerRow } from '#storage/postgres/ledger-columns.ts';
import { type AnyCell, Journal, Missing, RowSet } from '#storage/postgres/row-set.ts';
import type { Tallies } from '#storage/postgres/tallies.ts';
import type { NewEvent } from '#storage/steps/events.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

/** What all batches of a storage share. */
export interface Shared {
  readonly applications: ApplicationNumbers;
  readonly tallies: Tallies;
  /** Whether changes of a status are kept until somebody was told. */
  readonly keepsEvents?: boolean;
}

/** What a day's budget had in it when it was read, if anything. */
export interface Spent {
  readonly micros: number;
  readonly currency: string;
}

/** What a batch adds to the budget of a day, or takes of a balance, in one currency. */
export interface Spending {
  readonly application: number;
  readonly day: number;
  readonly scope: string;
  readonly currency: string;
  readonly micros: number;
  /**
   * The most that may have been spent before this batch, so that each of its reservations had room
   * when its turn came; null where nothing was reserved.
   */
  readonly spentBeforeMax: number | null;
}

/** An ending that an application is owed a call about. */
export interface OwedCallback {
  readonly kept: KeptVerification;
  readonly nowMs: number;
}

interface Guess {
  readonly application: number;
  readonly isRight: boolean;
  readonly nowMs: number;
}

/**
 * A row begins with any version up to this, and never with 0, which stands for no row. Rows are
 * deleted and made anew under the same key: with a fixed beginning, whoever has read the old one
 * would write over the new one. As many changes again fit into the column.
 */
const firstVersionMax = 2 ** 30;

/** The rows that a batch of steps works on. `outcomeOf` runs one step on them. */
export interface WorkingSet {
  readonly shared: Shared;
  /** Of the rows that are made. */
  readonly firstVersion: number;
  readonly journal: Journal;
  readonly verifications: RowSet<KeptVerification>;
  readonly deliveries: RowSet<OwedDelivery>;
  readonly ledgers: RowSet<LedgerRow>;
  readonly idempotency: RowSet<RepeatableStep>;
  readonly budgets: RowSet<Spent>;
  /** The same sets, by the names of their tables. */
  readonly byTable: Readonly<Record<Exclude<Key['table'], 'application'>, RowSet<unknown>>>;
  /** By budget and currency. */
  readonly spendings: Map<string, Spending>;
  readonly callbacks: OwedCallback[];
  readonly events: NewEvent[];
  readonly guesses: Guess[];
  /** Applications that were looked for and are not there. */
  readonly strangers: Set<string>;
}

export function createWorkingSet(shared: Shared): WorkingSet {
  const journal = new Journal();
  const verifications = new RowSet<KeptVerification>(journal, cells.verification);
  const deliveries = new RowSet<OwedDelivery>(journal, cells.delivery);
  const ledgers = new RowSet<LedgerRow>(journal, cells.ledger);
  const idempotency = new RowSet<RepeatableStep>(journal, cells.idempotency);
  const budgets = new RowSet<Spent>(journal, cells.budget);
  const byTable = {
    verification: verifications,
    delivery: deliveries,
    ledger: ledgers,
    idempotency,
    budget: budgets,
  };
  return {
    ...{ shared, journal, verifications, deliveries, ledgers, idempotency, budgets },
    firstVersion: randomInt(1, firstVersionMax + 1),
    byTable: byTable as unknown as WorkingSet['byTable'],
    spendings: new Map(),
    callbacks: [],
    events: [],
    guesses: [],
    strangers: new Set(),
  };
}

export type StepResult<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'missing'; readonly key: Key };

/**
 * Runs one step, and tells which rows it looked at; what it changed is taken back unless it is
 * done.
 */
export function outcomeOf<Value>(
  set: WorkingSet,
  step: () => Value,
): { readonly result: StepResult<Value>; readonly touched: readonly AnyCell[] } {
  const touched = set.journal.begin();
  try {
    return { result: { kind: 'done', value: step() }, touched };
  } catch (error) {
    set.journal.undo();
    if (error instanceof Missing) return { result: { kind: 'missing', key: error.key }, touched };
    return { result: { kind: 'failed', error }, touched };
  }
}

/** Every row that the set knows of, to read it again. */
export function keysIn(set: WorkingSet): Key[] {
  return Object.values(set.byTable).flatMap((rows) => rows.keys());
}

/** The cells of `before` that are not the same any more in `after`, where all were read again. */
export function changedSince(before: WorkingSet, after: WorkingSet): Set<AnyCell> {
  const changed = new Set<AnyCell>();
  for (const table of Object.keys(before.byTable) as (keyof WorkingSet['byTable'])[]) {
    const later = after.byTable[table].cells;
    for (const cell of before.byTable[table].cells.values()) {
      if (later.get(cell.id)?.version !== cell.version) changed.add(cell);
    }
  }
  return changed;
}
