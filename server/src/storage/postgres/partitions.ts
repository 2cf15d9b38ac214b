import { StorageUnavailable } from '#service/ports.ts';
import { dayAt, lowestHead } from '#storage/postgres/days.ts';
import type { Sql } from '#storage/postgres/sql.ts';

/** Partitions are there before the first row of their day wants in. */
const daysAhead = 2;
/** The clocks of nodes and of those who make ids are no further apart. */
const nearDays = 3;
const lookAgainMs = 1_000;

export type Partitions = ReturnType<typeof createPartitions>;

/** Which days have partitions, as far as this node knows; it looks again when it misses one. */
export function createPartitions(sql: Sql) {
  let known: ReadonlySet<number> = new Set();
  let looking: Promise<void> | null = null;
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    lookedAtMs = performance.now();
    const rows = await sql.rows<{ day: string }>(
      `SELECT substr(relname, 14) AS day FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
       WHERE inhparent = 'verification'::regclass`,
    );
    known = new Set(rows.map(({ day }) => Number(day)));
  }

  /** One look at a time, for all who ask. */
  function lookOnce(): Promise<void> {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  }

  async function add(day: number): Promise<void> {
    const bounds = [day, lowestHead(day), lowestHead(day + 1)];
    await sql.rows('SELECT watchword_add_day($1, $2, $3)', bounds);
  }

  return {
    has: (day: number): boolean => known.has(day),
    all: (): readonly number[] => [...known].toSorted((first, second) => first - second),
    look: lookOnce,
    /**
     * Learns of days that other nodes have made. A day that is far from today is not made any more,
     * so ids that were made up do not make this node look all the time.
     */
    async learn(days: Iterable<number>): Promise<void> {
      const today = dayAt(Date.now());
      const unknown = [...days].filter((day) => !known.has(day));
      if (unknown.length === 0) return;
      const isNear = unknown.some((day) => Math.abs(day - today) <= nearDays);
      if (isNear || performance.now() - lookedAtMs > lookAgainMs) await lookOnce();
    },
    /** Makes what is missing, for rows that are about to be written. */
    async require(days: Iterable<number>): Promise<void> {
      const missing = [...days].filter((day) => !known.has(day));
      if (missing.length === 0) return;
      for (const day of missing) await add(day);
      await lookOnce();
      const lost = missing.find((day) => !known.has(day));
      if (lost !== undefined) throw new StorageUnavailable('A partition was dropped again.');
    },
    /**
     * Drops the days before this one. Whoever works on the whole table is waited for only shortly,
     * since others queue behind who waits: what was not dropped now is dropped another time.
     */
    async dropBefore(day: number): Promise<void> {
      for (const old of [...known].filter((one) => one < day)) {
        const [row] = await sql.rows<{ dropped: boolean }>(
          'SELECT watchword_drop_day($1) AS dropped',
          [old],
        );
        if (row?.dropped === true) known = new Set([...known].filter((one) => one !== old));
      }
    },
    async makeAhead(): Promise<void> {
      const today = dayAt(Date.now());
      await lookOnce();
      const wanted = Array.from({ length: daysAhead + 1 }, (_, ahead) => today + ahead);
      await this.require(wanted);
    },
  };
}
