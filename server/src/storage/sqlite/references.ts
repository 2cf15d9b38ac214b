import type { ReferenceQuery } from '#service/ports.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import type { NewestRows } from '#storage/sqlite/newest-rows.ts';
import type { Database } from '#storage/sqlite/statement.ts';

/** Of eight hours each: two days, and what the newest of them has begun. */
const periodsMax = 7;

/** Neither a refused start nor a plain message; what is null admits all. */
const conditions =
  "application = ? AND reference = ? AND status <> 'blocked' AND code_version > 0 AND " +
  '(? IS NULL OR purpose = ?) AND (? IS NULL OR channel = ?) AND (? IS NULL OR origin = ?)';

/** Finds the newest verification with a reference, in the newest stretches of time. */
export function createReferences(
  database: Database,
  applications: Applications,
  newest: NewestRows,
) {
  const waiting = prepareNewest(database, 'period < 0 AND head > ?');
  const indexed = prepareNewest(database, 'period = ? AND period >= 0');
  const newestPeriod = database.prepare<{ period: number | null }>(
    'SELECT max(period) AS period FROM verification WHERE period >= 0',
  );

  return {
    /** Looks where the newest is first: among the rows that no index has, then back in time. */
    newestId(query: ReferenceQuery): string | null {
      const application = applications.numberOf(query.applicationId);
      if (application === null) return null;
      const { reference, purpose, channel, origin } = query;
      const values = [application, reference, purpose, purpose, channel, channel, origin, origin];
      const [fresh] = waiting.get(newest.aboveHead(), ...values) ?? [];
      if (fresh !== undefined) return fresh;
      const last = newestPeriod.get()?.period ?? -1;
      for (let period = last; period > last - periodsMax && period >= 0; period--) {
        const [id] = indexed.get(period, ...values) ?? [];
        if (id !== undefined) return id;
      }
      return null;
    },
  };
}

function prepareNewest(database: Database, stretch: string) {
  return database.prepareTuples<[id: string]>(
    `SELECT id FROM verification WHERE ${stretch} AND ${conditions} ORDER BY head DESC LIMIT 1`,
  );
}
