import type { BudgetEntry } from '#service/ports.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import { dayOf, spendingDay } from '#storage/steps/budgets.ts';
import type { Settlement } from '#storage/steps/tables.ts';

interface BudgetRow {
  readonly micros: number;
  readonly currency: string;
}

export type Budgets = ReturnType<typeof createBudgets>;

/**
 * What an application has spent or promised: on each UTC day, in all and for single countries, and
 * of its balance.
 */
export function createBudgets(database: Database) {
  const read = database.prepare<BudgetRow>(
    'SELECT micros, currency FROM budget WHERE day = ? AND application = ? AND scope = ?',
  );
  const add = database.prepare(
    'INSERT INTO budget (day, application, scope, currency, micros) VALUES (?, ?, ?, ?, ?) ' +
      'ON CONFLICT DO UPDATE SET micros = micros + excluded.micros',
  );
  const settle = database.prepare(
    'UPDATE budget SET micros = max(0, micros + ?) ' +
      'WHERE day = ? AND application = ? AND scope = ? AND currency = ?',
  );

  return {
    spent: (application: number, scope: string, nowMs: number): BudgetRow | null =>
      read.get(spendingDay(scope, nowMs), application, scope) ?? null,
    reserve(application: number, entries: readonly BudgetEntry[], nowMs: number): void {
      for (const { scope, currency, micros } of entries) {
        add.run(spendingDay(scope, nowMs), application, scope, currency, micros);
      }
    },
    settle({ application, country, reservedAtMs, currency, micros }: Settlement): void {
      if (micros === 0) return;
      for (const scope of country === null ? ['all'] : ['all', country]) {
        settle.run(micros, dayOf(reservedAtMs), application, scope, currency);
      }
    },
  };
}
