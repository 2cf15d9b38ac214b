import { dayAt, type HistoryTable, lowestId } from '#storage/postgres/days.ts';

/**
 * What is due is nearly always of these days: looking into all ninety takes 5 ms of planning, which
 * is much for something that is done twice a second.
 */
const recentDays = 3;
const everywhereEveryMs = 600_000;

/** The lowest id of the days that a look for due rows goes through nearly always. */
export function recentFrom(table: HistoryTable): string {
  return lowestId(table, dayAt(Date.now()) - recentDays);
}

/** Says when to look into all days: now and then, and again soon where a look failed. */
export function createWideLook(monotonicMs: () => number = () => performance.now()) {
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return {
    isDue: (): boolean => monotonicMs() - lookedAtMs >= everywhereEveryMs,
    succeeded(): void {
      lookedAtMs = monotonicMs();
    },
  };
}
