import { randomBytes } from 'node:crypto';
import { formatId, headAt, headOf, idRandomLength } from '#domain/id.ts';
import type { CallbackRecord } from '#service/records.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

interface CallbackRow {
  readonly head: number;
  readonly id: string;
  readonly application: number;
  readonly verification_id: string;
  readonly event: string;
  readonly at_ms: number;
  readonly attempts: number;
}

/**
 * Endings that an application is still to be told about; a row leaves when it is told or given up.
 */
export function createCallbacks(database: Database, applications: Applications) {
  const newest = database.prepare<{ head: number | null }>(
    'SELECT max(head) AS head FROM callback',
  );
  const insert = database.prepare(
    'INSERT INTO callback (head, id, application, verification_id, event, at_ms, attempts, ' +
      'due_at_ms) VALUES (?, ?, ?, ?, ?, ?, 0, ?)',
  );
  const due = database.prepare<CallbackRow>(
    'SELECT head, id, application, verification_id, event, at_ms, attempts FROM callback ' +
      'WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT ?',
  );
  const claim = database.prepare(
    'UPDATE callback SET attempts = attempts + 1, due_at_ms = ? WHERE head = ?',
  );
  const remove = database.prepare('DELETE FROM callback WHERE head = ? AND id = ?');
  const retry = database.prepare(
    'UPDATE callback SET due_at_ms = ?, attempts = attempts - ? WHERE head = ? AND id = ?',
  );
  return {
    insert({ application, record }: KeptVerification, nowMs: number): void {
      // By the machine's clock, like every id: a sandbox clock can be moved past what a head holds.
      const head = Math.max(headAt(Date.now()), (newest.get()?.head ?? 0) + 1);
      const id = formatId('evt', head, randomBytes(idRandomLength));
      const event = `verification.${record.status}`;
      insert.run(head, id, application, record.id, event, nowMs, nowMs);
    },
    claim(limit: number, leaseMs: number, nowMs: number): CallbackRecord[] {
      return due.all(nowMs, limit).map((row) => {
        claim.run(nowMs + leaseMs, row.head);
        return {
          id: row.id,
          applicationId: applications.idOf(row.application),
          verificationId: row.verification_id,
          event: row.event,
          atMs: row.at_ms,
          attempts: row.attempts + 1,
        };
      });
    },
    record(
      id: string,
      { retryInMs, wasTried }: { retryInMs: number | null; wasTried: boolean },
      nowMs: number,
    ): void {
      const head = headOf(id, 'evt');
      if (head === null) return;
      if (retryInMs === null) remove.run(head, id);
      // The claim counted a try; one that only waited gives it back.
      else retry.run(nowMs + retryInMs, wasTried ? 0 : 1, head, id);
    },
  };
}
