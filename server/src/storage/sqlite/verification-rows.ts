import { headOf } from '#domain/id.ts';
import type { VerificationRecord } from '#service/records.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import { writeHistory } from '#storage/sqlite/history.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import {
  type KeptVerification,
  toKept,
  toValues,
  type VerificationRow,
  verificationColumns,
} from '#storage/sqlite/verification-record.ts';

export type VerificationRows = ReturnType<typeof createVerificationRows>;

export function createVerificationRows(database: Database, applications: Applications) {
  const byHead = database.prepareTuples<VerificationRow>(
    `SELECT ${verificationColumns} FROM verification WHERE head = ?`,
  );
  const due = database.prepareTuples<VerificationRow>(
    `SELECT ${verificationColumns} FROM verification ` +
      "WHERE status = 'pending' AND expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?",
  );

  function atHead(head: number): KeptVerification | null {
    const row = byHead.get(head);
    return row === undefined ? null : toKept(row, applications);
  }

  return {
    atHead,
    /** Within the application, by the whole id: a head alone can be guessed, the rest cannot. */
    find(applicationId: string, id: string): KeptVerification | null {
      const head = headOf(id, 'vf');
      if (head === null) return null;
      const kept = atHead(head);
      const isMeant = kept?.record.id === id && kept.record.applicationId === applicationId;
      return isMeant ? kept : null;
    },
    due: (nowMs: number, limit: number): KeptVerification[] =>
      due.all(nowMs, limit).map((row) => toKept(row, applications)),
    ...createWrites(database),
  };
}

function createWrites(database: Database) {
  const insert = database.prepare(
    `INSERT INTO verification (${verificationColumns}) ` +
      `VALUES (${verificationColumns.replace(/\w+/g, '?')})`,
  );
  const consume = database.prepare(
    'UPDATE verification SET checks_used = checks_used + 1 WHERE head = ? ' +
      "AND status = 'pending' AND checks_used < checks_max AND expires_at_ms > ?",
  );
  const finish = database.prepare(
    'UPDATE verification SET status = ?, finished_at_ms = ?, history = ?, sealed_code = NULL ' +
      "WHERE head = ? AND status = 'pending' AND code_version = ?",
  );
  const saveWrong = database.prepare(
    'UPDATE verification SET checks_wrong = ?, history = ? WHERE head = ?',
  );
  const resend = database.prepare(
    'UPDATE verification SET sends_used = ?, code_version = ?, code_bits = ?, sealed_code = ?, ' +
      'channel = ?, expires_at_ms = ?, resend_allowed_at_ms = ?, delivery_heads = ?, history = ? ' +
      "WHERE head = ? AND status = 'pending'",
  );

  return {
    insert(kept: KeptVerification): void {
      insert.run(...toValues(kept));
    },
    /** The one guarded statement: counts a guess if one may be made, and says whether it did. */
    consume: (head: number, nowMs: number): boolean => consume.run(head, nowMs) === 1,
    /** Ends a pending verification whose code is still the one given; one caller wins. */
    finish(head: number, record: VerificationRecord): boolean {
      const { status, finishedAtMs, history, codeVersion } = record;
      return finish.run(status, finishedAtMs, writeHistory(history), head, codeVersion) === 1;
    },
    saveWrong(head: number, record: VerificationRecord): void {
      saveWrong.run(record.checksWrong, writeHistory(record.history), head);
    },
    resend(kept: KeptVerification): boolean {
      const { head, deliveryHeads, record } = kept;
      const changed = resend.run(
        record.sendsUsed,
        record.codeVersion,
        record.codeBits,
        record.sealedCode,
        record.channel,
        record.expiresAtMs,
        record.resendAllowedAtMs,
        JSON.stringify(deliveryHeads),
        writeHistory(record.history),
        head,
      );
      return changed === 1;
    },
  };
}
