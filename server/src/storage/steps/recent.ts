/**
 * Rows that were read or written lately, as they stand in the database, by their keys. A pair of
 * start and check comes back to the same three rows seven times; measured, reading and parsing them
 * each time took a quarter of the storage's time.
 *
 * Rules:
 * 1. On SQLite what is kept is what the database holds within the transaction under way: whoever
 *    writes a row sets it here too. Whoever writes in bulk forgets everything, and so do a rollback
 *    and a write of another process.
 * 2. On PostgreSQL other nodes write: there each row is proven when it was used (recent-rows.ts).
 * 3. Values are shared with whoever read them, so they are never changed in place.
 */
export interface Recent<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  forget(): void;
}

/** What is set but not asked for is dropped after `most / 2` to `most` others, without a list. */
export function createRecent<Value>(most: number): Recent<Value> {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      if (young.size >= most / 2 && !young.has(key)) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
    },
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
    forget() {
      young.clear();
      old.clear();
    },
  };
}

/** Of each table. At 2 kB for a verification this bounds the memory at some ten megabytes. */
export const recentMax = 4_096;
