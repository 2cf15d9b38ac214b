import type { Applications } from '#storage/sqlite/applications.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import {
  type FoundVerification,
  selectVerification,
  toKept,
} from '#storage/sqlite/verification-record.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

/** Where a look-up reads: rows of one stretch of time, older than a head. */
export interface Stretch {
  readonly period: number;
  readonly application: number;
  readonly before: number;
  readonly limit: number;
}

/** How lists find their rows, newest first. */
export function createLookups(database: Database, applications: Applications) {
  const newestPeriod = database.prepare<{ period: number | null }>(
    'SELECT max(period) AS period FROM verification',
  );
  const oldestPeriod = database.prepare<{ period: number | null }>(
    'SELECT min(period) AS period FROM verification',
  );
  const byApplication = database.prepareTuples<FoundVerification>(
    `${selectVerification} WHERE application = ? AND head < ? ORDER BY head DESC LIMIT ?`,
  );
  const byRecipient = database.prepareTuples<FoundVerification>(
    `${selectVerification} WHERE period = ? AND application = ? ` +
      'AND substr(recipient_hash, 1, 8) = substr(?, 1, 8) AND recipient_hash = ? AND head < ? ' +
      'ORDER BY head DESC LIMIT ?',
  );
  const byReference = database.prepareTuples<FoundVerification>(
    `${selectVerification} WHERE period = ? AND application = ? AND reference = ? AND head < ? ` +
      'ORDER BY head DESC LIMIT ?',
  );

  const toAll = (rows: readonly FoundVerification[]): KeptVerification[] =>
    rows.map((row) => toKept(row, applications));

  return {
    /** The newest and the oldest stretch of time that has any row; null when there is none. */
    periods(): { newest: number; oldest: number } | null {
      const newest = newestPeriod.get()?.period ?? null;
      const oldest = oldestPeriod.get()?.period ?? null;
      return newest === null || oldest === null ? null : { newest, oldest };
    },
    byApplication: (application: number, before: number, limit: number): KeptVerification[] =>
      toAll(byApplication.all(application, before, limit)),
    byRecipient({ period, application, before, limit }: Stretch, hash: string) {
      return toAll(byRecipient.all(period, application, hash, hash, before, limit));
    },
    byReference({ period, application, before, limit }: Stretch, reference: string) {
      return toAll(byReference.all(period, application, reference, before, limit));
    },
  };
}
