import type { Database } from '#storage/sqlite/statement.ts';

/**
 * Which ledgers the index by key does not hold yet, and where they lie. They enter it many at a
 * time, for the reason and by the rules of newest-rows.ts; because every start looks for one, they
 * are found in memory until then. The highest numbers are the ones that wait: a new row has the
 * highest number of all, and the lowest of those that wait are indexed first. Measured as there:
 * 3 pages in a transaction instead of 14, and 6 % of the CPU time.
 */
export type NewestLedgers = ReturnType<typeof createNewestLedgers>;

export function createNewestLedgers(database: Database) {
  const lastIndexed = database.prepareTuples<[number: number]>(
    'SELECT number FROM ledger NOT INDEXED WHERE is_indexed = 1 ORDER BY number DESC LIMIT 1',
  );
  const above = database.prepareTuples<[number: number, application: number, key: string]>(
    'SELECT number, application, key FROM ledger NOT INDEXED WHERE number > ? ORDER BY number',
  );
  const index = database.prepare(
    'UPDATE ledger SET is_indexed = 1 WHERE number > ? AND number <= ? AND is_indexed = 0',
  );
  let known: { readonly aboveNumber: number; readonly numbers: Map<string, number> } | null = null;

  function read(): NonNullable<typeof known> {
    if (known !== null) return known;
    const [aboveNumber] = lastIndexed.get() ?? [0];
    const rows = above.all(aboveNumber);
    const numbers = new Map(
      rows.map(([number, application, key]) => [nameOf(application, key), number]),
    );
    known = { aboveNumber, numbers };
    return known;
  }

  return {
    numberOf: (name: string): number | undefined => read().numbers.get(name),
    add(name: string, number: number): void {
      read().numbers.set(name, number);
    },
    /** How many wait, as far as anybody has asked since they were forgotten. */
    waiting: (): number => known?.numbers.size ?? 0,
    /** Indexes the oldest that wait, at most `rowsMax`; within the transaction or its savepoint. */
    index(rowsMax: number): void {
      const { aboveNumber, numbers } = read();
      let last = aboveNumber;
      // A map keeps the order in which it was filled, which is the order of the numbers.
      for (const [name, number] of [...numbers].slice(0, rowsMax)) {
        numbers.delete(name);
        last = number;
      }
      index.run(aboveNumber, last);
      known = { aboveNumber: last, numbers };
    },
    /** After a rollback, when somebody else has written, and when a ledger is removed. */
    forget(): void {
      known = null;
    },
  };
}

/** What a ledger is called in memory. */
export function nameOf(application: number, key: string): string {
  return `${application} ${key}`;
}
