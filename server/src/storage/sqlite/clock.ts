/**
 * The storage's time: what decides expiry, limits and leases.
 *
 * Rules:
 * 1. It never goes back: not when the machine's clock is set back, and not over a restart.
 * 2. It follows the machine's clock forward at once, and comes back to it gently when it is ahead.
 * 3. The sandbox may move it forward; the offset is kept in the database, for every process on it.
 */
import type { Database } from '#storage/sqlite/statement.ts';

export interface Clock {
  /** The time of the batch under way, in whole milliseconds. */
  readonly nowMs: number;
  /** Reads the time anew; called when a batch begins, within its transaction. */
  begin(): void;
  /** Moves the time forward for good and answers it. */
  advance(milliseconds: number): number;
  /**
   * Keeps how far time has come, to see that a write works. It has to change something: SQLite
   * writes no page that stays as it is.
   */
  mark(): void;
  /** Keeps how far time has come; called before a batch commits. */
  keep(hasWritten: boolean): void;
  /** After a rollback, and when somebody else has written. */
  forget(): void;
}

/** Where time comes from; a test brings its own. */
export interface TimeSource {
  /** Milliseconds since 1970, as the machine has it now: may step either way. */
  readonly wallMs: () => number;
  /** Milliseconds since anything: never goes back, stands still while the machine sleeps. */
  readonly monotonicMs: () => number;
}

export const machineTime: TimeSource = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/**
 * How fast time runs by itself. The machine's clock is ahead of that, and is followed, unless it
 * was set back: then time runs slower until it is met again, and a code lives a ninth longer.
 */
const rate = 0.9;
/**
 * A batch that writes anyway carries it along; one that only reads is not made to wait for a disk.
 */
const keepEveryMs = { writing: 1_000, reading: 30_000 } as const;

interface ClockRow {
  readonly high_water_ms: number;
  readonly offset_ms: number;
}

export function createClock(database: Database, source: TimeSource): Clock {
  const read = database.prepare<ClockRow>('SELECT high_water_ms, offset_ms FROM clock');
  const keepHighWater = database.prepare('UPDATE clock SET high_water_ms = ?');
  const moveOffset = database.prepare('UPDATE clock SET offset_ms = offset_ms + ?');
  let lastMonotonicMs = source.monotonicMs();
  let baseMs = 0;
  /** As it stands in the database; null where it must be read again. */
  let row: ClockRow | null = null;
  let nowMs = 0;

  function begin(): void {
    row ??= read.get() ?? { high_water_ms: 0, offset_ms: 0 };
    const monotonicMs = source.monotonicMs();
    const wallMs = source.wallMs();
    const elapsedMs = monotonicMs - lastMonotonicMs;
    lastMonotonicMs = monotonicMs;
    baseMs = Math.max(baseMs + elapsedMs * rate, wallMs, row.high_water_ms);
    nowMs = Math.floor(baseMs) + row.offset_ms;
  }

  function keepNow(): void {
    keepHighWater.run(Math.floor(baseMs));
    row = null;
  }

  return {
    get nowMs() {
      return nowMs;
    },
    begin,
    advance(milliseconds) {
      moveOffset.run(milliseconds);
      row = null;
      nowMs += milliseconds;
      return nowMs;
    },
    mark: keepNow,
    keep(hasWritten) {
      const everyMs = hasWritten ? keepEveryMs.writing : keepEveryMs.reading;
      if (row !== null && baseMs - row.high_water_ms >= everyMs) keepNow();
    },
    forget() {
      row = null;
    },
  };
}
