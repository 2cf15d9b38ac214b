import type { ApplicationNumbers } from '#storage/postgres/application-numbers.ts';
import type { OwedDelivery } from '#storage/postgres/delivery-columns.ts';
import type { RepeatableStep } from '#storage/postgres/idempotency-columns.ts';
import { cells, type Key } from '#storage/postgres/keys.ts';
import type { LedgerRow } from '#storage/postgres/ledger-columns.ts';
import { type AnyCell, Journal, Missing, RowSet } from '#storage/postgres/row-set.ts';
import type { Spending } from '#storage/postgres/spending.ts';
import type { Tallies } from '#storage/postgres/tallies.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

/** What all batches of a storage share. */
export interface Shared {
  readonly applications: ApplicationNumbers;
  readonly tallies: Tallies;
}

/** What a day's budget had in it when it was read, if anything. */
export interface Spent {
  readonly micros: number;
  readonly currency: string;
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

/** The rows that a batch of steps works on. `outcomeOf` runs one step on them. */
export interface WorkingSet {
  readonly shared: Shared;
  readonly journal: Journal;
  readonly verifications: RowSet<KeptVerification>;
  readonly deliveries: RowSet<OwedDelivery>;
  readonly ledgers: RowSet<LedgerRow>;
  readonly idempotency: RowSet<RepeatableStep>;
  readonly budgets: RowSet<Spent>;
  /** By budget and currency. */
  readonly spendings: Map<string, Spending>;
  readonly callbacks: OwedCallback[];
  readonly guesses: Guess[];
  /** Applications that were looked for and are not there. */
  readonly strangers: Set<string>;
}

export function createWorkingSet(shared: Shared): WorkingSet {
  const journal = new Journal();
  return {
    shared,
    journal,
    verifications: new RowSet(journal, cells.verification),
    deliveries: new RowSet(journal, cells.delivery),
    ledgers: new RowSet(journal, cells.ledger),
    idempotency: new RowSet(journal, cells.idempotency),
    budgets: new RowSet(journal, cells.budget),
    spendings: new Map(),
    callbacks: [],
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
  return rowSetsOf(set).flatMap((rows) => rows.keys());
}

/** The cells of `before` that are not the same any more in `after`, where all were read again. */
export function changedSince(before: WorkingSet, after: WorkingSet): Set<AnyCell> {
  const changed = new Set<AnyCell>();
  const later = rowSetsOf(after);
  for (const [index, rows] of rowSetsOf(before).entries()) {
    for (const cell of rows.cells.values()) {
      if (later[index]?.cells.get(cell.id)?.version !== cell.version) changed.add(cell);
    }
  }
  return changed;
}

function rowSetsOf(set: WorkingSet): RowSet<unknown>[] {
  const { verifications, deliveries, ledgers, idempotency, budgets } = set;
  return [verifications, deliveries, ledgers, idempotency, budgets] as RowSet<unknown>[];
}
