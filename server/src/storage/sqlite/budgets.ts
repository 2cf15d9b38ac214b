import { type Refusal, refuse } from '#domain/refusal.ts';
import { secondsUntil } from '#domain/verification.ts';
import type { BudgetEntry } from '#service/ports.ts';
import type { Database } from '#storage/sqlite/statement.ts';

const dayMs = 86_400_000;
const microsPerUnit = 1_000_000;

interface BudgetRow {
  readonly micros: number;
  readonly currency: string;
}

/** Money that a delivery had reserved, and what became of it. */
export interface Settlement {
  readonly application: number;
  readonly country: string | null;
  readonly reservedAtMs: number;
  readonly currency: string;
  /** What is added to the day's spending; negative gives back. */
  readonly micros: number;
}

export type Budgets = ReturnType<typeof createBudgets>;

/** What an application has spent or promised on each UTC day, in all and for single countries. */
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
    /** Refuses when one of the entries, together with those before it, does not fit. */
    refuse(application: number, entries: readonly BudgetEntry[], nowMs: number): Refusal | null {
      const wanted = new Map<string, number>();
      for (const entry of entries) {
        const spent = read.get(dayOf(nowMs), application, entry.scope);
        if (spent !== undefined && spent.currency !== entry.currency) {
          return refuseCurrency(entry, spent.currency, nowMs);
        }
        const micros = (wanted.get(entry.scope) ?? 0) + entry.micros;
        wanted.set(entry.scope, micros);
        if ((spent?.micros ?? 0) + micros > entry.maxMicros) return refuseSpending(entry, nowMs);
      }
      return null;
    },
    reserve(application: number, entries: readonly BudgetEntry[], nowMs: number): void {
      for (const { scope, currency, micros } of entries) {
        add.run(dayOf(nowMs), application, scope, currency, micros);
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

export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / dayMs);
}

function refuseSpending(entry: BudgetEntry, nowMs: number): Refusal {
  const whose = entry.scope === 'all' ? 'The budget' : `The budget for ${entry.scope}`;
  return refusal(entry, nowMs, `${whose} of this day (UTC) has no room for the message.`);
}

function refuseCurrency(entry: BudgetEntry, currency: string, nowMs: number): Refusal {
  return refusal(
    entry,
    nowMs,
    `This day's spending is counted in ${currency} and the message costs ${entry.currency}.`,
  );
}

function refusal(entry: BudgetEntry, nowMs: number, reason: string): Refusal {
  const retryAfterSeconds = secondsUntil((dayOf(nowMs) + 1) * dayMs, nowMs);
  const name = entry.scope === 'all' ? 'application_budget_day' : 'country_budget_day';
  const result = refuse(
    'budget_exhausted',
    `${reason} Try again in ${retryAfterSeconds} s, or raise the budget.`,
    {
      limit: { name, max: entry.maxMicros / microsPerUnit, windowSeconds: 86_400 },
      retryAfterSeconds,
    },
  );
  return result.error;
}
