import type { SandboxStorage, SealedSandboxMessage } from '#service/sandbox-port.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import type { SqliteTables } from '#storage/sqlite/tables.ts';
import {
  type SandboxMessageRow,
  sandboxMessagesMax,
  toSandboxMessage,
} from '#storage/steps/setting-rows.ts';

type ListQuery = Parameters<SandboxStorage['listMessages']>[0];

/** What the virtual phone received. */
export function createSandboxMessages(database: Database, applications: Applications) {
  const newest = database.prepare<{ number: number | null }>(
    'SELECT max(number) AS number FROM sandbox_message WHERE application = ?',
  );
  const insert = database.prepare(
    'INSERT INTO sandbox_message (application, number, id, recipient_hash, channel, ' +
      'verification_id, sealed, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const trim = database.prepare(
    'DELETE FROM sandbox_message WHERE application = ? AND number <= ?',
  );
  const list = database.prepare<SandboxMessageRow>(
    'SELECT id, recipient_hash, channel, verification_id, sealed, at_ms FROM sandbox_message ' +
      'WHERE application = ? AND recipient_hash = coalesce(?, recipient_hash) ' +
      'ORDER BY number DESC LIMIT ?',
  );
  return {
    put(message: SealedSandboxMessage, nowMs: number): { atMs: number } {
      const application = applications.requireNumber(message.applicationId);
      const number = (newest.get(application)?.number ?? 0) + 1;
      const { id, recipientHash, channel, verificationId, sealed } = message;
      insert.run(application, number, id, recipientHash, channel, verificationId, sealed, nowMs);
      trim.run(application, number - sandboxMessagesMax);
      return { atMs: nowMs };
    },
    list({ applicationId, recipientHash, limit }: ListQuery) {
      const application = applications.numberOf(applicationId);
      return list
        .all(application, recipientHash, Math.min(limit, sandboxMessagesMax))
        .map((row) => toSandboxMessage(applicationId, row));
    },
  };
}

/** Forgets what one application did; its credentials, templates and settings stay. */
export function createReset(database: Database, tables: SqliteTables) {
  const deletions = [
    'DELETE FROM outbox WHERE delivery IN (SELECT head FROM delivery WHERE application = ?)',
    'DELETE FROM delivery WHERE application = ?',
    'DELETE FROM callback WHERE application = ?',
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
