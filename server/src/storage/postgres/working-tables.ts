/**
 * What the steps of `storage/steps` work on: the rows of a working set. Nothing here waits; what
 * was not read is asked for by throwing `Missing`, and the step is run again when it is there.
 */
import { createDeliveryTable, createOutboxTable } from '#storage/postgres/delivery-tables.ts';
import { createIdempotencyTable } from '#storage/postgres/idempotency-table.ts';
import { createLedgerTable } from '#storage/postgres/ledger-table.ts';
import { Missing } from '#storage/postgres/row-set.ts';
import { createSpendingTable } from '#storage/postgres/spending.ts';
import { createVerificationTable } from '#storage/postgres/verification-table.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import { type NewEvent, withEvents } from '#storage/steps/events.ts';
import type { Tables } from '#storage/steps/tables.ts';

/** What the steps need, and what only this storage's own steps do. */
export type WorkingTables = ReturnType<typeof createWorkingTables>;

export function createWorkingTables(set: WorkingSet) {
  const tables = {
    applications: createApplicationTable(set),
    verifications: createVerificationTable(set),
    deliveries: createDeliveryTable(set),
    outbox: createOutboxTable(set),
    ledgers: createLedgerTable(set),
    tallies: createTallyTable(set),
    budgets: createSpendingTable(set),
    idempotency: createIdempotencyTable(set),
    callbacks: createCallbackTable(set),
  } satisfies Tables;
  return set.shared.keepsEvents === true ? withEvents(tables, writerOf(set)) : tables;
}

function writerOf({ events, journal }: WorkingSet) {
  return (event: NewEvent): void => {
    events.push(event);
    journal.onUndo(() => events.pop());
  };
}

function createApplicationTable({ shared, strangers }: WorkingSet) {
  function numberOf(id: string): number | null {
    const number = shared.applications.numberOf(id);
    if (number === undefined && !strangers.has(id)) throw new Missing({ table: 'application', id });
    return number ?? null;
  }

  return {
    numberOf,
    requireNumber(id: string): number {
      const number = numberOf(id);
      if (number === null) throw new Error('The application does not exist.');
      return number;
    },
  };
}

function createTallyTable({ shared, guesses, journal }: WorkingSet): Tables['tallies'] {
  return {
    add(application, isRight, nowMs) {
      guesses.push({ application, isRight, nowMs });
      journal.onUndo(() => guesses.pop());
    },
    recent: (application, nowMs) => shared.tallies.recent(application, nowMs),
  };
}

function createCallbackTable({ callbacks, journal }: WorkingSet): Tables['callbacks'] {
  return {
    insert(kept, nowMs) {
      callbacks.push({ kept, nowMs });
      journal.onUndo(() => callbacks.pop());
    },
  };
}
