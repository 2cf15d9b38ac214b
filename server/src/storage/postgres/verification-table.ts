import { dayOfId } from '#storage/postgres/days.ts';
import { ledgerCell } from '#storage/postgres/keys.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import { type KeptVerification, liveKeyOf, type Tables } from '#storage/steps/tables.ts';

/** While a verification is pending, its guesses are counted in the ledger of its recipient. */
export function createVerificationTable({
  verifications: rows,
  ledgers,
}: WorkingSet): Tables['verifications'] {
  function counting({ application, record }: KeptVerification) {
    const cell = ledgerCell(application, record.ledgerKey);
    const ledger = ledgers.find(cell);
    const liveKey = liveKeyOf(record);
    const live = ledger?.live.get(liveKey);
    return live?.id === record.id && ledger !== null ? { cell, ledger, liveKey, live } : null;
  }

  function find(id: string): KeptVerification | null {
    const kept = rows.find(id);
    if (kept?.record.status !== 'pending') return kept;
    const checksUsed = counting(kept)?.live.checksUsed ?? 0;
    if (checksUsed === kept.record.checksUsed) return kept;
    return { ...kept, record: { ...kept.record, checksUsed } };
  }

  function byId(id: string): KeptVerification | null {
    return rows.has(id) || dayOfId('verification', id) !== null ? find(id) : null;
  }

  function pending(id: string): KeptVerification | null {
    const kept = find(id);
    return kept?.record.status === 'pending' ? kept : null;
  }

  return {
    byId,
    find(applicationId, id) {
      const kept = byId(id);
      return kept?.record.applicationId === applicationId ? kept : null;
    },
    insert(kept) {
      rows.insert(kept.record.id, kept);
    },
    consume({ record: { id } }, nowMs) {
      const kept = pending(id);
      const counted = kept === null ? null : counting(kept);
      if (kept === null || counted === null) return false;
      const { checksUsed, checksMax, expiresAtMs } = kept.record;
      if (checksUsed >= checksMax || expiresAtMs <= nowMs) return false;
      const { cell, ledger, liveKey } = counted;
      const live = new Map(ledger.live).set(liveKey, { id, checksUsed: checksUsed + 1 });
      ledgers.change(cell, { ...ledger, live });
      return true;
    },
    finish({ record }) {
      const kept = pending(record.id);
      if (kept === null || kept.record.codeVersion !== record.codeVersion) return false;
      const { status, finishedAtMs, history } = record;
      const finished = { ...kept.record, status, finishedAtMs, history, sealedCode: null };
      rows.change(record.id, { ...kept, record: finished });
      return true;
    },
    saveWrong({ record: { id, checksWrong, history } }) {
      const kept = find(id);
      if (kept === null) throw new Error('A verification is not there any more.');
      rows.change(id, { ...kept, record: { ...kept.record, checksWrong, history } });
    },
    resend(resent) {
      if (pending(resent.record.id) === null) return false;
      rows.change(resent.record.id, resent);
      return true;
    },
  };
}
