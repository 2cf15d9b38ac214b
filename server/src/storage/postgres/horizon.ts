import { dayAt, type HistoryTable, lowestId } from '#storage/postgres/days.ts';

/**
 * What is due is nearly always of these days: looking into all ninety takes 5 ms of planning, which
 * is much for something that is done twice a second.
 */
const recentDays = 3;
const lookEverywhereMs = 600_000;

/** The lowest id that a look for due rows goes down to; now and then it goes down to the first. */
export function createHorizon(table: HistoryTable): () => string {
  let lookedEverywhereAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = performance.now();
    if (nowMs - lookedEverywhereAtMs < lookEverywhereMs) {
      return lowestId(table, dayAt(Date.now()) - recentDays);
    }
    lookedEverywhereAtMs = nowMs;
    return '';
  };
}
