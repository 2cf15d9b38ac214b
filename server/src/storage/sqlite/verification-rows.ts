import { headOf } from '#domain/id.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import type { NewestRows } from '#storage/sqlite/newest-rows.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import {
  type FoundVerification,
  insertVerification,
  selectVerification,
  toKept,
  toValues,
  verificationHead,
} from '#storage/sqlite/verification-record.ts';
import { writeHistory } from '#storage/steps/history.ts';
import { createRecent, type Recent, recentMax } from '#storage/steps/recent.ts';
import { verificationBytes } from '#storage/steps/row-bytes.ts';
import type { KeptVerification } from '#storage/steps/tables.ts';

export type VerificationRows = ReturnType<typeof createVerificationRows>;

export function createVerificationRows(
  database: Database,
  applications: Applications,
  newest: NewestRows,
) {
  const recent = createRecent<KeptVerification>(recentMax, verificationBytes);
  const byHead = database.prepareTuples<FoundVerification>(`${selectVerification} WHERE head = ?`);
  const due = database.prepareTuples<FoundVerification>(
    `${selectVerification} ` +
      "WHERE status = 'pending' AND expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?",
  );

  /** By the whole id: a head alone can be guessed, the rest cannot. */
  function byId(id: string): KeptVerification | null {
    const known = recent.get(id);
    if (known !== undefined) return known;
    const head = headOf(id, 'vf');
    const row = head === null ? undefined : byHead.get(head);
    const kept = row === undefined ? null : toKept(row, applications);
    if (kept?.record.id !== id) return null;
    recent.set(id, kept);
    return kept;
  }

  return {
    byId,
    find(applicationId: string, id: string): KeptVerification | null {
      const kept = byId(id);
      return kept?.record.applicationId === applicationId ? kept : null;
    },
    due: (nowMs: number, limit: number): KeptVerification[] =>
      due.all(nowMs, limit).map((row) => toKept(row, applications)),
    ...createWrites(database, { recent, byId, newest }),
    forget: recent.forget,
    leaveMemory: recent.delete,
  };
}

function createWrites(
  database: Database,
  rows: {
    recent: Recent<KeptVerification>;
    byId: (id: string) => KeptVerification | null;
    newest: NewestRows;
  },
) {
  const { recent, byId, newest } = rows;
  const insert = database.prepare(insertVerification);
  const keepRequest = database.prepare(
    'INSERT INTO kept_request (verification, sealed) VALUES (?, ?)',
  );
  const replaceRequest = database.prepare(
    'UPDATE kept_request SET sealed = ? WHERE verification = ?',
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
      'channel = ?, expires_at_ms = ?, resend_allowed_at_ms = ?, delivery_ids = ?, history = ? ' +
      "WHERE head = ? AND status = 'pending'",
  );

  /** A guarded write that changed nothing found another row than the one that was read. */
  function setIf(isChanged: boolean, kept: KeptVerification): boolean {
    if (isChanged) recent.set(kept.record.id, kept);
    else recent.delete(kept.record.id);
    return isChanged;
  }

  return {
    insert(kept: KeptVerification): void {
      const { id, sealedRequest } = kept.record;
      insert.run(...toValues(kept, newest.periodOf));
      if (sealedRequest !== null) keepRequest.run(verificationHead(id), sealedRequest);
      recent.set(id, kept);
    },
    consume(kept: KeptVerification, nowMs: number): boolean {
      const { record } = kept;
      const isConsumed = consume.run(verificationHead(record.id), nowMs) === 1;
      const consumed = { ...kept, record: { ...record, checksUsed: record.checksUsed + 1 } };
      return setIf(isConsumed, consumed);
    },
    finish({ record }: KeptVerification): boolean {
      const { status, finishedAtMs, history, codeVersion } = record;
      const head = verificationHead(record.id);
      // Hardly anybody asks for a finished one again.
      recent.delete(record.id);
      return finish.run(status, finishedAtMs, writeHistory(history), head, codeVersion) === 1;
    },
    saveWrong(kept: KeptVerification): void {
      const { checksWrong, history, id } = kept.record;
      saveWrong.run(checksWrong, writeHistory(history), verificationHead(id));
      recent.set(id, kept);
    },
    resend(kept: KeptVerification): boolean {
      const { deliveryIds, record } = kept;
      const before = byId(record.id)?.record.sealedRequest;
      const changed = resend.run(
        record.sendsUsed,
        record.codeVersion,
        record.codeBits,
        record.sealedCode,
        record.channel,
        record.expiresAtMs,
        record.resendAllowedAtMs,
        JSON.stringify(deliveryIds),
        writeHistory(record.history),
        verificationHead(record.id),
      );
      if (changed === 1 && record.sealedRequest !== before) {
        replaceRequest.run(record.sealedRequest, verificationHead(record.id));
      }
      return setIf(changed === 1, kept);
    },
  };
}
