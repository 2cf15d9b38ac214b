import type { BudgetEntry } from '#service/ports.ts';
import { budgetCell } from '#storage/postgres/keys.ts';
import type { Spending, WorkingSet } from '#storage/postgres/working-set.ts';
import { dayOf, spendingDay } from '#storage/steps/budgets.ts';
import type { Settlement, Tables } from '#storage/steps/tables.ts';

/**
 * Budgets are added to, not written back: the starts of one application on several nodes do not
 * fail each other as long as their sum stays within what each of them was allowed.
 */
export function createSpendingTable({
  budgets,
  spendings,
  journal,
}: WorkingSet): Tables['budgets'] {
  function add(more: Omit<Spending, 'spentBeforeMax'>, maxMicros: number | null): void {
    const cell = spendingCell(more);
    const before = spendings.get(cell);
    const micros = (before?.micros ?? 0) + more.micros;
    const roomBefore = before?.spentBeforeMax ?? null;
    const room =
      maxMicros === null ? roomBefore : Math.min(roomBefore ?? Infinity, maxMicros - micros);
    spendings.set(cell, { ...more, micros, spentBeforeMax: room });
    journal.onUndo(() => {
      if (before === undefined) spendings.delete(cell);
      else spendings.set(cell, before);
    });
  }

  function addedTo(cell: string, currency: string): number {
    return spendings.get(`${cell} ${currency}`)?.micros ?? 0;
  }

  return {
    spent(application, scope, nowMs) {
      const cell = budgetCell(application, spendingDay(scope, nowMs), scope);
      const kept = budgets.find(cell);
      if (kept !== null) {
        return { ...kept, micros: Math.max(0, kept.micros + addedTo(cell, kept.currency)) };
      }
      const [first] = [...spendings.values()].filter(
        (spending) =>
          spending.spentBeforeMax !== null && spendingCell(spending).startsWith(`${cell} `),
      );
      return first === undefined ? null : { micros: first.micros, currency: first.currency };
    },
    reserve(application, entries: readonly BudgetEntry[], nowMs) {
      for (const { scope, currency, micros, maxMicros } of entries) {
        const day = spendingDay(scope, nowMs);
        add({ application, day, scope, currency, micros }, maxMicros);
      }
    },
    settle({ application, country, reservedAtMs, currency, micros }: Settlement) {
      if (micros === 0) return;
      for (const scope of country === null ? ['all'] : ['all', country]) {
        add({ application, day: dayOf(reservedAtMs), scope, currency, micros }, null);
      }
    },
  };
}

function spendingCell({ application, day, scope, currency }: Omit<Spending, 'spentBeforeMax'>) {
  return `${budgetCell(application, day, scope)} ${currency}`;
}
