import type { Database } from '#storage/sqlite/statement.ts';
import { periodOf } from '#storage/sqlite/verification-record.ts';

/**
 * Which verifications the look-up indexes do not hold yet. They enter them many at a time, because
 * an index by recipients is written at a random page for each of them: measured with groups of 11
 * starts and checks in a transaction, 13 of its 53 pages were of these indexes; now 5 are, and the
 * storage's CPU time for a pair of start and check is a twentieth less.
 *
 * Rules:
 * 1. The period of a row that waits is -1 - period: no index holds it, and its size is the same.
 * 2. All that wait have heads above `aboveHead`, so whoever looks something up reads them in the
 *    table itself. A row whose head is not above it is indexed at once.
 * 3. They enter in the order of their heads, so all up to a head are indexed and none above it.
 * 4. All of it follows from the rows, for whoever opens the file or sees that others wrote.
 */
export type NewestRows = ReturnType<typeof createNewestRows>;

/**
 * From this many on a group of them is worth indexing. Measured over
 * 400,000 rows: with 500 a transaction in 45 took 11 ms, with 200 one in nine takes 3 to 5, for
 * 1 to 2 % more CPU time; with 100 a third of the gain is lost.
 */
export const waitingMax = 200;

export function createNewestRows(database: Database) {
  const lastIndexed = database.prepareTuples<[head: number]>(
    'SELECT head FROM verification NOT INDEXED WHERE period >= 0 ORDER BY head DESC LIMIT 1',
  );
  const countAbove = database.prepareTuples<[count: number]>(
    'SELECT count(*) FROM verification NOT INDEXED WHERE head > ?',
  );
  const lastOfGroup = database.prepareTuples<[head: number]>(
    'SELECT head FROM verification NOT INDEXED WHERE head > ? ORDER BY head LIMIT 1 OFFSET ?',
  );
  const index = database.prepare(
    'UPDATE verification SET period = -1 - period WHERE head > ? AND head <= ? AND period < 0',
  );
  let known: { readonly aboveHead: number; waiting: number } | null = null;

  function read(): NonNullable<typeof known> {
    if (known !== null) return known;
    const [aboveHead] = lastIndexed.get() ?? [-1];
    const [waiting] = countAbove.get(aboveHead) ?? [0];
    known = { aboveHead, waiting };
    return known;
  }

  return {
    aboveHead: (): number => read().aboveHead,
    /** The period to insert a row with. */
    periodOf(head: number): number {
      const newest = read();
      if (head <= newest.aboveHead) return periodOf(head);
      newest.waiting++;
      return -1 - periodOf(head);
    },
    /** How many wait, as far as anybody has asked since they were forgotten. */
    waiting: (): number => known?.waiting ?? 0,
    /** Indexes the oldest that wait, at most `rowsMax`; within the transaction or its savepoint. */
    index(rowsMax: number): void {
      const { aboveHead, waiting } = read();
      const [last] = lastOfGroup.get(aboveHead, rowsMax - 1) ?? [];
      index.run(aboveHead, last ?? Number.MAX_SAFE_INTEGER);
      known = last === undefined ? null : { aboveHead: last, waiting: waiting - rowsMax };
    },
    /** After a rollback, and when somebody else has written. */
    forget(): void {
      known = null;
    },
  };
}
