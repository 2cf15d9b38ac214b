import { StorageUnavailable } from '#service/ports.ts';
import { dayAt, lowestHead } from '#storage/postgres/days.ts';
import type { Sql } from '#storage/postgres/sql.ts';

/** Partitions are there before the first row of their day wants in. */
const daysAhead = 2;
const lookAgainMs = 1_000;

export type Partitions = ReturnType<typeof createPartitions>;

/** What a node knows, by whatever connection it has learned it. */
export interface KnownDays {
  days: ReadonlySet<number>;
  /** When the last look that succeeded began. */
  lookedAtMs: number;
  /** Looks are numbered, because they may end in another order than they began in. */
  lastBegun: number;
  lastTaken: number;
}

export function createKnownDays(): KnownDays {
  return { days: new Set(), lookedAtMs: Number.NEGATIVE_INFINITY, lastBegun: 0, lastTaken: 0 };
}

/**
 * Which days have partitions, as far as this node knows; it looks again when it misses one. Whoever
 * holds a connection of the pool brings an `sql` on it: waiting for a second one, all who hold the
 * first would wait for each other.
 */
export function createPartitions(sql: Sql, known: KnownDays) {
  async function look(): Promise<void> {
    const beganAtMs = performance.now();
    const number = ++known.lastBegun;
    const rows = await sql.rows<{ day: string }>(
      `SELECT substr(relname, 14) AS day FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
       WHERE inhparent = 'verification'::regclass`,
    );
    // One that began later has seen all that this one has.
    if (number < known.lastTaken) return;
    known.lastTaken = number;
    known.lookedAtMs = beganAtMs;
    known.days = new Set(rows.map(({ day }) => Number(day)));
  }

  async function add(day: number): Promise<void> {
    const bounds = [day, lowestHead(day), lowestHead(day + 1)];
    await sql.rows('SELECT watchword_add_day($1, $2, $3)', bounds);
  }

  return {
    has: (day: number): boolean => known.days.has(day),
    all: (): readonly number[] => [...known.days].toSorted((first, second) => first - second),
    look,
    /**
     * Learns of days that other nodes have made. Today and tomorrow are there unless making them
     * ahead has failed; any other day may wait, so ids that were made up do not make this node look
     * all the time.
     */
    async learn(days: Iterable<number>): Promise<void> {
      const today = dayAt(Date.now());
      const unknown = [...days].filter((day) => !known.days.has(day));
      if (unknown.length === 0) return;
      const isUrgent = unknown.some((day) => day === today || day === today + 1);
      if (isUrgent || performance.now() - known.lookedAtMs > lookAgainMs) await look();
    },
    /** Makes what is missing, for rows that are about to be written. */
    async require(days: Iterable<number>): Promise<void> {
      const missing = [...days].filter((day) => !known.days.has(day));
      if (missing.length === 0) return;
      for (const day of missing) await add(day);
      await look();
      const lost = missing.find((day) => !known.days.has(day));
      if (lost !== undefined) throw new StorageUnavailable('A partition was dropped again.');
    },
    /**
     * Drops the days before this one, but none with a life that ends after a moment and is pending
     * or with a message that is owed: its ids are of a clock that was wrong. Whoever works on the
     * whole table is waited for only shortly, since others queue behind who waits: what was not
     * dropped now is dropped another time.
     */
    async dropBefore(day: number, pendingAfterMs: number): Promise<void> {
      for (const old of [...known.days].filter((one) => one < day)) {
        const [row] = await sql.rows<{ dropped: boolean }>(
          'SELECT watchword_drop_day($1, $2) AS dropped',
          [old, pendingAfterMs],
        );
        if (row?.dropped === true) {
          known.days = new Set([...known.days].filter((one) => one !== old));
        }
      }
    },
    async makeAhead(): Promise<void> {
      const today = dayAt(Date.now());
      await look();
      const wanted = Array.from({ length: daysAhead + 1 }, (_, ahead) => today + ahead);
      await this.require(wanted);
    },
  };
}
