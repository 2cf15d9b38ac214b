import type { SandboxStorage, SealedSandboxMessage } from '#service/sandbox-port.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import type { Database } from '#storage/sqlite/statement.ts';
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
