import {
  codeDigitsMin,
  guessTiers,
  type Ledger,
  looksLikeSpraying,
  refuseEntries,
  refuseRecipient,
  withSends,
} from '#domain/limits.ts';
import { plainCodeVersion } from '#domain/plain-message.ts';
import type { Refusal } from '#domain/refusal.ts';
import { end, lifeEnd, statusAt, timesAfterSend } from '#domain/verification.ts';
import type {
  LedgerEntry,
  NewDelivery,
  NewVerification,
  StartOutcome,
  StartStep,
} from '#service/ports.ts';
import type {
  DeliveryRecord,
  VerificationRecord,
  VerificationWithDeliveries,
} from '#service/records.ts';
import { refuseSpending } from '#storage/steps/budgets.ts';
import { finish } from '#storage/steps/finish.ts';
import {
  type KeptLedger,
  type KeptVerification,
  liveKeyOf,
  type Tables,
} from '#storage/steps/tables.ts';

/**
 * Everything is decided before the first write. A live verification is looked at before the limits:
 * where the application reuses or rejects, the second start sends nothing that could be limited.
 */
export function startVerification(tables: Tables, step: StartStep, nowMs: number): StartOutcome {
  const { verification, idempotency, budgets } = step;
  const repeated = tables.idempotency.find(idempotency, nowMs);
  if (repeated !== null) return repeated;
  const application = tables.applications.requireNumber(verification.applicationId);
  const { ledgerKey } = verification;
  const ledger = tables.ledgers.read(application, ledgerKey, nowMs);
  const isMessage = verification.codeVersion === plainCodeVersion;
  const live = isMessage ? null : readLive(tables, ledger, verification);
  const isLive = live !== null && statusAt(live.record, nowMs) === 'pending';
  if (isLive && step.secondStart !== 'supersede') {
    return { kind: 'live', verificationId: live.record.id };
  }
  // Guesses bound codes of ours. A plain message has none.
  const barred = isMessage ? null : refuseRecipient(ledger.ledger, nowMs);
  const isOpen = !isMessage && barred === null;
  const digitsMin = isOpen ? digitsMinNow(tables, { application, ledger, nowMs }) : 0;
  if (isTooWeak(verification.codeBits, digitsMin)) return { kind: 'code_too_weak', digitsMin };
  const sends = enterSends(tables, { application, ledgers: step.ledgers, nowMs }, [
    [ledgerKey, ledger],
  ]);
  const refusal =
    barred ?? sends.refusal ?? refuseSpending(tables, { application, entries: budgets, nowMs });
  if (refusal !== null) {
    insertBlocked(tables, { application, verification, refusal, nowMs });
    return { kind: 'refused', refusal };
  }

  if (live !== null) {
    const ending = end(live.record, 'superseded', nowMs);
    if (ending !== null) finish(tables, { kept: live, ending, ledger, nowMs });
  }
  const kept = insertPending(tables, { application, step, nowMs });
  if (!isMessage) ledger.live.set(liveKeyOf(verification), verification.id);
  sends.write();
  tables.budgets.reserve(application, budgets, nowMs);
  const { id: verificationId } = verification;
  tables.idempotency.insert(
    idempotency,
    { application, verificationId, outcome: 'started' },
    nowMs,
  );
  insertDeliveries(tables, { kept, step, nowMs });
  const supersededId = isLive ? live.record.id : null;
  return { kind: 'started', supersededId, ...startedRecords(step, nowMs) };
}

/** What a start that took effect has made: it follows from the step and its moment alone. */
export function startedRecords(
  step: Pick<StartStep, 'verification' | 'deliveries' | 'sendAtMs' | 'resendWaitsSeconds'>,
  nowMs: number,
): VerificationWithDeliveries {
  const record = pendingRecord(step, nowMs);
  return {
    verification: record,
    deliveries: step.deliveries.map((fresh) => freshDelivery(record, { fresh, step, nowMs })),
    atMs: nowMs,
  };
}

function readLive(
  tables: Tables,
  ledger: KeptLedger,
  verification: NewVerification,
): KeptVerification | null {
  const id = ledger.live.get(liveKeyOf(verification));
  return id === undefined ? null : tables.verifications.find(verification.applicationId, id);
}

/** What the job that ends lives has not come to yet is over all the same. */
export function findLive(
  tables: Tables,
  {
    applicationId,
    ledgerKey,
    liveKey,
  }: { applicationId: string; ledgerKey: string; liveKey: string },
  nowMs: number,
): string | null {
  const application = tables.applications.numberOf(applicationId);
  if (application === null) return null;
  const id = tables.ledgers.read(application, ledgerKey, nowMs).live.get(liveKey);
  if (id === undefined) return null;
  const kept = tables.verifications.find(applicationId, id);
  return kept !== null && statusAt(kept.record, nowMs) === 'pending' ? id : null;
}

/** How many digits a new code must have, for the recipient's failures or a spray at many. */
export function digitsMinNow(
  tables: Tables,
  at: { application: number; ledger: KeptLedger; nowMs: number },
): 0 | 8 | 10 {
  const digits = codeDigitsMin(at.ledger.ledger, at.nowMs);
  if (digits !== 0) return digits;
  return looksLikeSpraying(tables.tallies.recent(at.application, at.nowMs)) ? 8 : 0;
}

export function isTooWeak(codeBits: number, digitsMin: 0 | 8 | 10): digitsMin is 8 | 10 {
  const tier = guessTiers.find(({ digits }) => digits === digitsMin);
  return codeBits < (tier?.bitsMin ?? 0);
}

/**
 * Enters sends into ledgers, in memory: the refusal of the first that has no room, or what writes
 * them all. `read` are ledgers that the step has in hand already; they are always written.
 */
export function enterSends(
  tables: Tables,
  step: { application: number; ledgers: readonly LedgerEntry[]; nowMs: number },
  read: readonly (readonly [string, KeptLedger])[],
): { refusal: Refusal | null; write: () => void } {
  const { application, nowMs } = step;
  const kept = new Map(read);
  const after = new Map<string, Ledger>();
  let refusal: Refusal | null = null;
  for (const { key, count, limits } of step.ledgers) {
    const found = kept.get(key) ?? tables.ledgers.read(application, key, nowMs);
    kept.set(key, found);
    const ledger = after.get(key) ?? found.ledger;
    refusal ??= refuseEntries(ledger.sendsAtMs, count, limits, nowMs);
    after.set(key, withSends(ledger, count, nowMs));
  }
  return {
    refusal,
    write() {
      for (const [key, found] of kept) {
        found.ledger = after.get(key) ?? found.ledger;
        tables.ledgers.write(found);
      }
    },
  };
}

/**
 * Queued, and in the hands of the node that asks until its lease is over; what has a moment of its
 * own waits for that in nobody's hands.
 */
export function insertDeliveries(
  tables: Tables,
  { kept, step, nowMs }: { kept: KeptVerification; step: DeliveriesOf; nowMs: number },
): void {
  const { application, record } = kept;
  for (const fresh of step.deliveries) {
    tables.deliveries.insert({
      application,
      codeVersion: record.codeVersion,
      record: freshDelivery(record, { fresh, step, nowMs }),
    });
    tables.outbox.insert(fresh.id, nowMs + step.leaseMs);
    if (step.sendAtMs !== undefined) tables.outbox.schedule(fresh.id, step.sendAtMs, false);
  }
}

type DeliveriesOf = Pick<StartStep, 'deliveries' | 'leaseMs' | 'sendAtMs'>;

function freshDelivery(
  verification: Pick<VerificationRecord, 'id' | 'applicationId'>,
  { fresh, step, nowMs }: { fresh: NewDelivery; step: Pick<StartStep, 'sendAtMs'>; nowMs: number },
): DeliveryRecord {
  return {
    id: fresh.id,
    verificationId: verification.id,
    applicationId: verification.applicationId,
    channel: fresh.channel,
    provider: fresh.provider,
    status: 'queued',
    parts: fresh.parts,
    quoteMicros: fresh.quoteMicros,
    quoteCurrency: fresh.quoteMicros === null ? null : fresh.currency,
    costMicros: null,
    currency: null,
    error: null,
    providerMessageId: null,
    // The node that starts it hands it over; what waits for its moment is handed over by a claim.
    attempts: step.sendAtMs === undefined ? 1 : 0,
    isPossibleDuplicate: false,
    createdAtMs: nowMs,
    history: [{ atMs: nowMs, event: 'queued', detail: null }],
  };
}

function insertPending(
  tables: Tables,
  { application, step, nowMs }: { application: number; step: StartStep; nowMs: number },
): KeptVerification {
  const kept: KeptVerification = {
    application,
    deliveryIds: step.deliveries.map(({ id }) => id),
    record: pendingRecord(step, nowMs),
  };
  tables.verifications.insert(kept);
  return kept;
}

function pendingRecord(
  step: Pick<StartStep, 'verification' | 'sendAtMs' | 'resendWaitsSeconds'>,
  nowMs: number,
): VerificationRecord {
  const { verification, sendAtMs, resendWaitsSeconds } = step;
  const lifetimeMs = verification.lifetimeMs + Math.max(0, (sendAtMs ?? nowMs) - nowMs);
  const lifeEndsAtMs = lifeEnd(nowMs, lifetimeMs);
  return {
    ...freshRecord(verification, nowMs),
    lifetimeMs,
    ...timesAfterSend(1, { lifetimeMs, lifeEndsAtMs }, nowMs, resendWaitsSeconds),
    ...(sendAtMs === undefined ? {} : { resendAllowedAtMs: sendAtMs }),
    status: 'pending',
    sendsUsed: 1,
    lifeEndsAtMs,
    sealedCode: verification.sealedCode,
    history: [{ atMs: nowMs, event: 'started', detail: null }],
  };
}

/** A refused start leaves a trace with its reason, and no code. */
function insertBlocked(
  tables: Tables,
  step: {
    application: number;
    verification: NewVerification;
    refusal: Refusal;
    nowMs: number;
  },
): void {
  const { application, verification, refusal, nowMs } = step;
  const blockedReason = refusal.limit?.name ?? refusal.code;
  tables.verifications.insert({
    application,
    deliveryIds: [],
    record: {
      ...freshRecord(verification, nowMs),
      status: 'blocked',
      finishedAtMs: nowMs,
      blockedReason,
      history: [{ atMs: nowMs, event: 'blocked', detail: blockedReason }],
    },
  });
}

function freshRecord(verification: NewVerification, nowMs: number): VerificationRecord {
  return {
    ...verification,
    status: 'blocked',
    sealedCode: null,
    codeVersion: verification.codeVersion ?? 1,
    checksUsed: 0,
    checksWrong: 0,
    sendsUsed: 0,
    createdAtMs: nowMs,
    expiresAtMs: nowMs,
    lifeEndsAtMs: nowMs,
    resendAllowedAtMs: nowMs,
    finishedAtMs: null,
    blockedReason: null,
    history: [],
  };
}
