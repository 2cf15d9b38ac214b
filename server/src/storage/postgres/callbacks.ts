import { shardOfId } from '#domain/id.ts';
import type { CallbackRecord } from '#service/records.ts';
import type { Sql } from '#storage/postgres/sql.ts';

interface CallbackRow {
  readonly id: string;
  readonly application_id: string;
  readonly verification_id: string;
  readonly event: string;
  readonly at_ms: number;
  readonly attempts: number;
}

/**
 * Endings that an application is still to be told about; a row leaves when it is told or given up.
 * Rows are made in the transaction of the ending.
 */
export function createCallbacks(sql: Sql) {
  return {
    async claim(limit: number, leaseMs: number, nowMs: number): Promise<CallbackRecord[]> {
      const rows = await sql.rows<CallbackRow>(
        `UPDATE callback SET attempts = attempts + 1, due_at_ms = $1 FROM (
           SELECT callback.id, callback.shard, application.id AS application_id FROM callback
           JOIN application ON application.number = callback.application
           WHERE due_at_ms <= $2 ORDER BY due_at_ms, callback.id LIMIT $3
           FOR UPDATE OF callback SKIP LOCKED
         ) AS due
         WHERE callback.id = due.id AND callback.shard = due.shard
         RETURNING callback.id, due.application_id, verification_id, event, at_ms, attempts`,
        [nowMs + leaseMs, nowMs, limit],
      );
      const claimed = rows.map((row) => ({
        id: row.id,
        applicationId: row.application_id,
        verificationId: row.verification_id,
        event: row.event,
        atMs: row.at_ms,
        attempts: row.attempts,
      }));
      return claimed.sort((first, second) => (first.id < second.id ? -1 : 1));
    },
    async record(
      id: string,
      { retryInMs, wasTried }: { readonly retryInMs: number | null; readonly wasTried: boolean },
      nowMs: number,
    ): Promise<void> {
      const shard = shardOfId(id);
      if (retryInMs === null) {
        await sql.run('DELETE FROM callback WHERE id = $1 AND shard = $2', [id, shard]);
        return;
      }
      // The claim counted a try; one that only waited gives it back.
      await sql.run(
        'UPDATE callback SET due_at_ms = $1, attempts = attempts - $2 WHERE id = $3 AND shard = $4',
        [nowMs + retryInMs, wasTried ? 0 : 1, id, shard],
      );
    },
  };
}
