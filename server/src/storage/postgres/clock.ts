/**
 * The storage's time: what decides expiry, limits and leases.
 *
 * Rules:
 * 1. It is the database's, the same for every node on it.
 * 2. It never goes back: not when the database's clock is set back, and not over a restart. Each
 *    node keeps how far time has come, in the database about once a second.
 * 3. It follows the database's clock forward at once, and comes back to it gently when it is ahead.
 * 4. The sandbox may move it forward; the offset is kept in the database.
 */
import { performance } from 'node:perf_hooks';
import { StorageUnavailable } from '#service/ports.ts';
import type { TextRow } from '#storage/postgres/exchange.ts';

/** The one row that every batch reads; its columns are those that `observe` takes. */
export const readTime =
  'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, high_water_ms, offset_ms ' +
  'FROM clock';

/** Fails the exchange when a moment has passed. */
export const requireFuture =
  'SELECT CASE WHEN greatest(high_water_ms, extract(epoch FROM clock_timestamp()) * 1000) ' +
  '+ offset_ms >= $1::bigint THEN watchword_conflict() END FROM clock';

/**
 * How fast time runs by itself. The database's clock is ahead of that, and is followed, unless it
 * was set back: then time runs slower until it is met again, and a code lives a ninth longer.
 */
const rate = 0.9;

const noRow =
  'The table clock of the database has lost its row. Put it back: ' +
  'INSERT INTO clock VALUES (1, 0, 0).';

export type Clock = ReturnType<typeof createClock>;

/** `monotonicMs` never goes back; a test brings its own. */
export function createClock(monotonicMs: () => number = () => performance.now()) {
  let lastMonotonicMs = monotonicMs();
  let baseMs = 0;
  let nowMs = 0;
  let movedByMs = 0;

  function advance(toldMs: number, offsetMs: number): void {
    const elapsedMs = monotonicMs() - lastMonotonicMs;
    lastMonotonicMs += elapsedMs;
    baseMs = Math.max(baseMs + elapsedMs * rate, toldMs);
    movedByMs = Math.max(movedByMs, offsetMs);
    nowMs = Math.max(nowMs, Math.floor(baseMs) + movedByMs);
  }

  return {
    /** Before the database is asked: the earliest that its answer will count as. */
    begin(): number {
      advance(0, 0);
      return nowMs;
    },
    /**
     * What the database said, and when it was asked; answers the storage's time of that moment.
     * What others heard since is later, and must not be taken for when this one's rows were read.
     */
    observe([wallMs, highWaterMs, offsetMs]: TextRow, begunMs: number): number {
      if (wallMs == null || highWaterMs == null || offsetMs == null) {
        throw new StorageUnavailable(noRow);
      }
      const toldMs = Math.max(Number(wallMs), Number(highWaterMs));
      advance(toldMs, Number(offsetMs));
      return Math.max(begunMs, toldMs + Number(offsetMs));
    },
    /** The last time that was observed; 0 before the first. */
    get lastMs(): number {
      return nowMs;
    },
    /** How far time has come without what the sandbox moved it by. */
    get highWaterMs(): number {
      return Math.floor(baseMs);
    },
    /** What the sandbox has moved it by. */
    get movedByMs(): number {
      return movedByMs;
    },
  };
}
