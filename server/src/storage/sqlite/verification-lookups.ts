import { shardOfId } from '#domain/id.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import type { NewestRows } from '#storage/sqlite/newest-rows.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import {
  type FoundVerification,
  selectVerification,
  toKept,
} from '#storage/sqlite/verification-record.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

/** Where a look-up reads: rows of one stretch of time, older than a head. The newest have none. */
export interface Stretch {
  readonly period: number | null;
  readonly application: number;
  readonly before: number;
  readonly limit: number;
}

/** How lists find their rows, newest first. */
export function createLookups(database: Database, applications: Applications, newest: NewestRows) {
  const newestPeriod = database.prepare<{ period: number | null }>(
    'SELECT max(period) AS period FROM verification WHERE period >= 0',
  );
  const oldestPeriod = database.prepare<{ period: number | null }>(
    'SELECT min(period) AS period FROM verification WHERE period >= 0',
  );
  const idByHead = database.prepare<{ id: string; application: number }>(
    'SELECT id, application FROM verification WHERE head = ?',
  );
  const indexed = {
    byApplication: prepareFind(database, 'period >= 0 AND application = ?'),
    byRecipient: prepareFind(
      database,
      'period = ? AND period >= 0 AND application = ? ' +
        'AND substr(recipient_hash, 1, 8) = substr(?, 1, 8) AND recipient_hash = ?',
    ),
    byReference: prepareFind(
      database,
      'period = ? AND period >= 0 AND application = ? AND reference = ?',
    ),
  };
  const waiting = {
    byApplication: prepareFind(database, 'period < 0 AND head > ? AND application = ?'),
    byRecipient: prepareFind(
      database,
      'period < 0 AND head > ? AND application = ? AND recipient_hash = ?',
    ),
    byReference: prepareFind(
      database,
      'period < 0 AND head > ? AND application = ? AND reference = ?',
    ),
  };

  const toAll = (rows: readonly FoundVerification[]): KeptVerification[] =>
    rows.map((row) => toKept(row, applications));

  return {
    /** The newest and the oldest stretch of time that is indexed; null when none is. */
    periods(): { newest: number; oldest: number } | null {
      const newest = newestPeriod.get()?.period ?? null;
      const oldest = oldestPeriod.get()?.period ?? null;
      return newest === null || oldest === null ? null : { newest, oldest };
    },
    /** A head belongs to one row here, so there is one id or none. */
    byHandle(applicationId: string, { head, shard }: { head: number; shard: number }): string[] {
      const row = idByHead.get(head);
      const isFound =
        row !== undefined &&
        row.application === applications.numberOf(applicationId) &&
        shardOfId(row.id) === shard;
      return isFound ? [row.id] : [];
    },
    byApplication(application: number, before: number, limit: number): KeptVerification[] {
      const rows = waiting.byApplication.all(newest.aboveHead(), application, before, limit);
      const rest = limit - rows.length;
      if (rest > 0) rows.push(...indexed.byApplication.all(application, before, rest));
      return toAll(rows);
    },
    byRecipient({ period, application, before, limit }: Stretch, hash: string) {
      const rows =
        period === null
          ? waiting.byRecipient.all(newest.aboveHead(), application, hash, before, limit)
          : indexed.byRecipient.all(period, application, hash, hash, before, limit);
      return toAll(rows);
    },
    byReference({ period, application, before, limit }: Stretch, reference: string) {
      const rows =
        period === null
          ? waiting.byReference.all(newest.aboveHead(), application, reference, before, limit)
          : indexed.byReference.all(period, application, reference, before, limit);
      return toAll(rows);
    },
  };
}

/** A statement that finds the newest rows older than a head. */
function prepareFind(database: Database, condition: string) {
  return database.prepareTuples<FoundVerification>(
    `${selectVerification} WHERE ${condition} AND head < ? ORDER BY head DESC LIMIT ?`,
  );
}
