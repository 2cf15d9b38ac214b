import { sprayWindowMs } from '#domain/limits.ts';
import type { Database } from '#storage/sqlite/statement.ts';

interface Tally {
  readonly slot: number;
  readonly application: number;
  wrong: number;
  right: number;
  isChanged: boolean;
}

export type Tallies = ReturnType<typeof createTallies>;

/** Beyond this many they are read again: a server has as many as applications, twice. */
const knownMax = 1_000;

/**
 * Wrong and right guesses of an application in each window. Every start reads two of them and every
 * check changes one, the same few for all: they are counted in memory and written once for a batch.
 */
export function createTallies(database: Database) {
  const put = database.prepare(
    'INSERT INTO tally (slot, application, wrong, right) VALUES (?, ?, ?, ?) ' +
      'ON CONFLICT DO UPDATE SET wrong = excluded.wrong, right = excluded.right',
  );
  const select = database.prepareTuples<[wrong: number, right: number]>(
    'SELECT wrong, right FROM tally WHERE slot = ? AND application = ?',
  );
  const known = new Map<string, Tally>();

  function read(slot: number, application: number): Tally {
    const name = `${slot} ${application}`;
    const found = known.get(name);
    if (found !== undefined) return found;
    const [wrong, right] = select.get(slot, application) ?? [0, 0];
    const tally = { slot, application, wrong, right, isChanged: false };
    known.set(name, tally);
    return tally;
  }

  return {
    add(application: number, isRight: boolean, nowMs: number): void {
      const tally = read(slotAt(nowMs), application);
      if (isRight) tally.right++;
      else tally.wrong++;
      tally.isChanged = true;
    },
    /** The window under way and the one before it: never less than the whole last window. */
    recent(application: number, nowMs: number): { wrong: number; right: number } {
      const slot = slotAt(nowMs);
      const now = read(slot, application);
      const before = read(slot - 1, application);
      return { wrong: now.wrong + before.wrong, right: now.right + before.right };
    },
    /** Writes what was counted; called before the transaction or its savepoint ends. */
    flush(): void {
      for (const tally of known.values()) {
        if (!tally.isChanged) continue;
        put.run(tally.slot, tally.application, tally.wrong, tally.right);
        tally.isChanged = false;
      }
      if (known.size > knownMax) known.clear();
    },
    /** After a rollback, and when somebody else has written. */
    forget(): void {
      known.clear();
    },
  };
}

export function slotAt(nowMs: number): number {
  return Math.floor(nowMs / sprayWindowMs);
}
