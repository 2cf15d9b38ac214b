import { waitingMax } from '#storage/sqlite/newest-rows.ts';

/** Rows that an index does not hold yet (newest-rows.ts, newest-ledgers.ts). */
export interface LateRows {
  waiting(): number;
  /** Indexes the oldest that wait, at most so many. */
  index(rowsMax: number): void;
}

/** One transaction waits for no more than this in the ordinary case: 3 to 8 ms. */
export const groupMax = 400;

/**
 * So many may wait at the end of a transaction: look-ups read them one by one. Batches full of
 * starts bring up to three rows for each; the more they bring, the more they index themselves.
 */
export const backlogMax = 1_000;

/**
 * Called before a transaction ends. Whoever has more waiting comes first, so that a burst of one
 * kind never keeps the other from its turn.
 */
export function indexLate(tables: readonly [LateRows, LateRows]): void {
  let most: LateRows;
  do {
    const [first, second] = tables;
    most = first.waiting() >= second.waiting() ? first : second;
    if (most.waiting() < waitingMax) return;
    most.index(groupMax);
  } while (tables.some((table) => table.waiting() > backlogMax));
}
