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

/** Of each table. A verification takes some 2 kB, so usually the number is what bounds. */
export const recentMax = 4_096;
const recentBytesMax = 16 * 2 ** 20;

/**
 * What is set but not set again is dropped after `most / 2` to `most` others, without a list, and
 * earlier when they are large: an address that may start ten thousand times a day has a ledger of
 * 80 kB. `bytesOf` says about how much memory a value takes. One that is set again counts again, so
 * less than `bytesMax` is kept, never more.
 */
export function createRecent<Value>(
  most: number,
  bytesOf: (value: Value) => number = () => 0,
  bytesMax: number = recentBytesMax,
): Recent<Value> {
  let young = new Map<string, Value>();
  let youngBytes = 0;
  let old = new Map<string, Value>();
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set(key, value) {
      const bytes = bytesOf(value);
      const isFull = young.size >= most / 2 && !young.has(key);
      if (isFull || youngBytes + bytes > bytesMax / 2) {
        old = young;
        young = new Map();
        youngBytes = 0;
      }
      young.set(key, value);
      youngBytes += bytes;
    },
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
    forget() {
      young.clear();
      old.clear();
      youngBytes = 0;
    },
  };
}
