/**
 * What the steps of `storage/steps` work on: the rows of a working set. Nothing here waits; what
 * was not read is asked for by throwing `Missing`, and the step is run again when it is there.
 */

import { emptyLedger, isForgettable } from '#domain/limits.ts';
import type { IdempotencyEntry, Repeated } from '#service/ports.ts';
import { dayOfId } from '#storage/postgres/days.ts';
import type { OwedDelivery } from '#storage/postgres/delivery-columns.ts';
import { ledgerCell } from '#storage/postgres/keys.ts';
import type { LiveVerification } from '#storage/postgres/ledger-columns.ts';
import { Missing } from '#storage/postgres/row-set.ts';
import { createSpendingTable } from '#storage/postgres/spending.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import { answerLeaseMs, idempotencyKeptMs } from '#storage/steps/repeatable.ts';
import {
  type FirstStep,
  type KeptDelivery,
  type KeptVerification,
  liveKeyOf,
  type Tables,
} from '#storage/steps/tables.ts';

/** What the steps need, and what only this storage's own steps do. */
export type WorkingTables = ReturnType<typeof createWorkingTables>;

export function createWorkingTables(set: WorkingSet) {
  return {
    applications: createApplicationTable(set),
    verifications: createVerificationTable(set),
    deliveries: createDeliveryTable(set),
    outbox: createOutboxTable(set),
    ledgers: createLedgerTable(set),
    tallies: createTallyTable(set),
    budgets: createSpendingTable(set),
    idempotency: createIdempotencyTable(set),
    callbacks: createCallbackTable(set),
  } satisfies Tables;
}

function createApplicationTable({ shared, strangers }: WorkingSet) {
  function numberOf(id: string): number | null {
    const number = shared.applications.numberOf(id);
    if (number === undefined && !strangers.has(id)) throw new Missing({ table: 'application', id });
    return number ?? null;
  }

  return {
    numberOf,
    requireNumber(id: string): number {
      const number = numberOf(id);
      if (number === null) throw new Error('The application does not exist.');
      return number;
    },
  };
}

/** While a verification is pending, its guesses are counted in the ledger of its recipient. */
function createVerificationTable({
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

function createDeliveryTable({ deliveries: rows }: WorkingSet): Tables['deliveries'] {
  function find(id: string): KeptDelivery | null {
    const isPossible = rows.has(id) || dayOfId('delivery', id) !== null;
    return isPossible ? (rows.find(id)?.kept ?? null) : null;
  }

  return {
    find,
    of: ({ deliveryIds }) => deliveryIds.flatMap((id) => rows.find(id)?.kept ?? []),
    insert(kept) {
      const owed = { kept, dueAtMs: null, isInFlight: false, sealedMessage: null };
      rows.insert(kept.record.id, owed);
    },
    save(kept) {
      const owed = rows.find(kept.record.id);
      if (owed === null) throw new Error('A delivery is not there any more.');
      const { record } = kept;
      rows.change(record.id, { ...owed, kept: { ...owed.kept, record } });
    },
  };
}

/** The message that is owed lies in the row of its delivery. */
function createOutboxTable({ deliveries: rows }: WorkingSet) {
  function change(id: string, parts: Partial<OwedDelivery>): void {
    const owed = rows.find(id);
    if (owed !== null) rows.change(id, { ...owed, ...parts });
  }

  function leave(id: string): void {
    change(id, { dueAtMs: null, isInFlight: false, sealedMessage: null });
  }

  return {
    insert(id: string, dueAtMs: number, sealedMessage: string): void {
      change(id, { dueAtMs, sealedMessage, isInFlight: true });
    },
    due(): never {
      throw new Error('What is due is read beforehand.');
    },
    schedule(id: string, dueAtMs: number, isInFlight: boolean): void {
      change(id, { dueAtMs, isInFlight });
    },
    leave,
    leaveIfWaiting(id: string): boolean {
      const owed = rows.find(id);
      if (owed === null || owed.dueAtMs === null || owed.isInFlight) return false;
      leave(id);
      return true;
    },
    /** For what a node still has in its hands. */
    renewLease(id: string, dueAtMs: number): void {
      const owed = dayOfId('delivery', id) === null ? null : rows.find(id);
      if (owed?.isInFlight === true) change(id, { dueAtMs });
    },
  };
}

function createLedgerTable({ ledgers: rows }: WorkingSet): Tables['ledgers'] {
  return {
    read(application, key, nowMs) {
      const row = rows.find(ledgerCell(application, key));
      // What may be forgotten counts as forgotten, however far the purge has come.
      const isOver = row === null || isForgettable(row.ledger, nowMs);
      return {
        number: null,
        application,
        key,
        ledger: isOver ? emptyLedger : row.ledger,
        live: new Map([...(row?.live ?? [])].map(([liveKey, { id }]) => [liveKey, id])),
      };
    },
    write({ application, key, ledger, live }) {
      const cell = ledgerCell(application, key);
      const before = rows.find(cell);
      const counted = [...live].map(([liveKey, id]): [string, LiveVerification] => {
        const known = before?.live.get(liveKey);
        return [liveKey, known?.id === id ? known : { id, checksUsed: 0 }];
      });
      const row = { application, key, ledger, live: new Map(counted) };
      if (before === null) rows.insert(cell, row);
      else rows.change(cell, row);
    },
  };
}

function createTallyTable({ shared, guesses, journal }: WorkingSet): Tables['tallies'] {
  return {
    add(application, isRight, nowMs) {
      guesses.push({ application, isRight, nowMs });
      journal.onUndo(() => guesses.pop());
    },
    recent: (application, nowMs) => shared.tallies.recent(application, nowMs),
  };
}

function createIdempotencyTable({ idempotency: rows }: WorkingSet) {
  return {
    find(entry: IdempotencyEntry | null, nowMs: number): Repeated | null {
      const row = entry === null ? null : rows.find(entry.keyHash);
      if (entry === null || row === null) return null;
      if (nowMs - row.createdAtMs > idempotencyKeptMs) return null;
      if (row.fingerprint !== entry.fingerprint) return { kind: 'key_reused' };
      const { verificationId, outcome, sealedAnswer } = row;
      if (sealedAnswer !== null) return { kind: 'repeated', sealedAnswer, verificationId, outcome };
      if (nowMs < row.leaseUntilMs) return { kind: 'key_in_use' };
      // Of two that come now only one makes the answer anew.
      rows.change(entry.keyHash, { ...row, leaseUntilMs: nowMs + answerLeaseMs });
      return { kind: 'unanswered', verificationId, outcome };
    },
    outcomeOf: (entry: IdempotencyEntry | null): string | null =>
      entry === null ? null : (rows.find(entry.keyHash)?.outcome ?? null),
    insert(entry: IdempotencyEntry | null, step: FirstStep, nowMs: number): void {
      if (entry === null) return;
      const row = {
        ...entry,
        ...step,
        sealedAnswer: null,
        leaseUntilMs: nowMs + answerLeaseMs,
        createdAtMs: nowMs,
      };
      if (rows.find(entry.keyHash) === null) rows.insert(entry.keyHash, row);
      else rows.change(entry.keyHash, row);
    },
    setOutcome(entry: IdempotencyEntry | null, outcome: string): void {
      const row = entry === null ? null : rows.find(entry.keyHash);
      if (row !== null) rows.change(row.keyHash, { ...row, outcome });
    },
    keepAnswer(keyHash: string, sealedAnswer: string): void {
      const row = rows.find(keyHash);
      if (row?.sealedAnswer === null) rows.change(keyHash, { ...row, sealedAnswer });
    },
  };
}

function createCallbackTable({ callbacks, journal }: WorkingSet): Tables['callbacks'] {
  return {
    insert(kept, nowMs) {
      callbacks.push({ kept, nowMs });
      journal.onUndo(() => callbacks.pop());
    },
  };
}
