import type { Pool } from 'pg';
import type { SandboxStorage, SealedSandboxMessage } from '#service/sandbox-port.ts';
import { findNumber, requireNumber } from '#storage/postgres/applications.ts';
import { asStorageError } from '#storage/postgres/postgres-error.ts';
import { inTransaction, type Sql } from '#storage/postgres/sql.ts';
import type { Shared } from '#storage/postgres/working-set.ts';
import {
  type SandboxMessageRow,
  sandboxMessagesMax,
  toSandboxMessage,
} from '#storage/steps/setting-rows.ts';

interface Parts {
  readonly pool: Pool;
  readonly sql: Sql;
  readonly shared: Shared;
  readonly now: () => Promise<number>;
}

/** What only a development server does: the virtual phone, and the clock that can be moved. */
export function createSandbox({ pool, sql, shared, now }: Parts): SandboxStorage {
  const { applications, tallies } = shared;

  async function inOne(statements: readonly (readonly [string, number])[]): Promise<void> {
    try {
      await inTransaction(pool, async (client) => {
        for (const [text, value] of statements) await client.query(text, [value]);
      });
    } catch (error) {
      throw asStorageError(error);
    }
  }

  return {
    async putMessage(message: SealedSandboxMessage) {
      const application = await requireNumber(applications, message.applicationId);
      const { id, recipientHash, channel, verificationId, sealed } = message;
      const atMs = await now();
      await sql.run(putMessage, [
        ...[application, id, recipientHash, channel, verificationId, sealed, atMs],
        sandboxMessagesMax - 1,
      ]);
      return { atMs };
    },
    async listMessages({ applicationId, recipientHash, limit }) {
      const application = await findNumber(applications, applicationId);
      if (application === undefined) return [];
      const rows = await sql.rows<SandboxMessageRow>(
        `SELECT id, recipient_hash, channel, verification_id, sealed, at_ms FROM sandbox_message
         WHERE application = $1 AND ($2::text IS NULL OR recipient_hash = $2)
         ORDER BY number DESC LIMIT $3`,
        [application, recipientHash, Math.min(limit, sandboxMessagesMax)],
      );
      return rows.map((row) => toSandboxMessage(applicationId, row));
    },
    async advanceClock(milliseconds) {
      await inOne([
        ['UPDATE clock SET offset_ms = offset_ms + $1', milliseconds],
        // A clock that is moved must not make a message under way look lost.
        [
          `UPDATE delivery SET due_at_ms = due_at_ms + $1, version = version + 1
           WHERE is_in_flight AND due_at_ms IS NOT NULL`,
          milliseconds,
        ],
      ]);
      return now();
    },
    async reset(applicationId) {
      const application = await findNumber(applications, applicationId);
      if (application === undefined) return;
      await inOne(deletions.map((text) => [text, application]));
      tallies.forget(application);
    },
  };
}

/** The newest are kept; what comes at the same moment is counted by the next one. */
const putMessage = `
  WITH put AS (
    INSERT INTO sandbox_message
      (application, id, recipient_hash, channel, verification_id, sealed, at_ms)
    VALUES ($1, $2, $3, $4, $5, $6, $7))
  DELETE FROM sandbox_message WHERE application = $1 AND number <= (
    SELECT number FROM sandbox_message WHERE application = $1
    ORDER BY number DESC OFFSET $8 LIMIT 1)`;

/** What one application did; its credentials, templates and settings stay. */
const deletions = [
  'delivery',
  'callback',
  'event',
  'verification',
  'ledger',
  'tally',
  'budget',
  'idempotency',
  'sandbox_message',
].map((table) => `DELETE FROM ${table} WHERE application = $1`);
