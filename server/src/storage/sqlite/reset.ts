import type { Database } from '#storage/sqlite/statement.ts';
import type { SqliteTables } from '#storage/sqlite/tables.ts';

/** Forgets what one application did; its credentials, templates and settings stay. */
export function createReset(database: Database, tables: SqliteTables) {
  const deletions = [
    'DELETE FROM outbox WHERE delivery IN (SELECT head FROM delivery WHERE application = ?)',
    'DELETE FROM delivery WHERE application = ?',
    'DELETE FROM callback WHERE application = ?',
    'DELETE FROM event WHERE application = ?',
    'DELETE FROM kept_request WHERE verification IN ' +
      '(SELECT head FROM verification WHERE application = ?)',
    'DELETE FROM verification WHERE application = ?',
    'DELETE FROM ledger WHERE application = ?',
    'DELETE FROM tally WHERE application = ?',
    'DELETE FROM budget WHERE application = ?',
    'DELETE FROM idempotency WHERE application = ?',
    'DELETE FROM sandbox_message WHERE application = ?',
  ];
  return (applicationId: string): void => {
    const application = tables.applications.numberOf(applicationId);
    if (application === null) return;
    tables.tallies.flush();
    // Prepared here and not at the start: most of them read a whole table, because no index of it
    // begins with the application. Only a server in development answers to a reset, so nobody
    // pays for such an index with every start.
    for (const sql of deletions) database.prepare(sql).run(application);
    tables.forget();
  };
}
