import { isBalanceScope, refuseBalance } from '#domain/balance.ts';
import { type Refusal, refuse } from '#domain/refusal.ts';
import { secondsUntil } from '#domain/verification.ts';
import type { BudgetEntry } from '#service/ports.ts';
import type { Tables } from '#storage/steps/tables.ts';

const dayMs = 86_400_000;
const microsPerUnit = 1_000_000;

/** The UTC day that spending is counted in. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / dayMs);
}

/** No day ends a balance, and no purge reaches it: it is counted under a day that never comes. */
const balanceDay = 2 ** 31 - 1;

/** Under which day the sum of a scope is counted. */
export function spendingDay(scope: string, nowMs: number): number {
  return isBalanceScope(scope) ? balanceDay : dayOf(nowMs);
}

/** The sum of a scope as it is now, in millionths. */
export function spentOf(
  tables: Tables,
  asked: { applicationId: string; scope: string },
  nowMs: number,
): number {
  const application = tables.applications.numberOf(asked.applicationId);
  if (application === null) return 0;
  return tables.budgets.spent(application, asked.scope, nowMs)?.micros ?? 0;
}

/** Refuses when one of the entries, together with those before it, does not fit. */
export function refuseSpending(
  tables: Tables,
  wish: { application: number; entries: readonly BudgetEntry[]; nowMs: number },
): Refusal | null {
  const { application, entries, nowMs } = wish;
  const wanted = new Map<string, number>();
  for (const entry of entries) {
    const spent = tables.budgets.spent(application, entry.scope, nowMs);
    if (spent !== null && spent.currency !== entry.currency) {
      return refuseCurrency(entry, spent.currency, nowMs);
    }
    const micros = (wanted.get(entry.scope) ?? 0) + entry.micros;
    wanted.set(entry.scope, micros);
    if ((spent?.micros ?? 0) + micros > entry.maxMicros) {
      return isBalanceScope(entry.scope) ? refuseBalance() : refuseAmount(entry, nowMs);
    }
  }
  return null;
}

function refuseAmount(entry: BudgetEntry, nowMs: number): Refusal {
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
