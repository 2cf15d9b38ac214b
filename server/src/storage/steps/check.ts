import {
  admitsGuess,
  chargeAddress,
  chargeGuess,
  refundGuess,
  refuseEntries,
} from '#domain/limits.ts';
import type { Refusal } from '#domain/refusal.ts';
import type { CheckReason, EndingEvent } from '#domain/verification.ts';
import { end, refuseGuess, settleGuess as settle } from '#domain/verification.ts';
import type {
  ConsumeOutcome,
  ConsumeStep,
  GuessedVerification,
  SettleOutcome,
  SettleStep,
} from '#service/ports.ts';
import type { VerificationRecord, VerificationWithDeliveries } from '#service/records.ts';
import { finish } from '#storage/steps/finish.ts';
import { withEntry } from '#storage/steps/history.ts';
import { findVerification } from '#storage/steps/plain-messages.ts';
import { enterSends } from '#storage/steps/start.ts';
import type { KeptLedger, KeptVerification, Tables } from '#storage/steps/tables.ts';

/** A verification with the ledger of its recipient, as one step works on them. */
interface Subject {
  kept: KeptVerification;
  readonly ledger: KeptLedger;
}

/**
 * Spends one guess before anything is compared. The recipient's ledger and the address's are
 * charged as if it were wrong; `settleGuess` takes the charge back when it was right. So however
 * many guesses are under way at once, no budget is passed.
 */
export function consumeGuess(tables: Tables, step: ConsumeStep, nowMs: number): ConsumeOutcome {
  const repeated = tables.idempotency.find(step.idempotency, nowMs);
  if (repeated !== null) return repeated;
  const uncounted = countCheck(tables, step, nowMs);
  if (uncounted !== null) return { kind: 'refused', refusal: uncounted };
  const subject = readSubject(tables, step, nowMs);
  if (subject === null) return { kind: 'not_found' };
  const { record, application } = subject.kept;
  const { purpose = record.purpose, origin = record.origin } = step;
  if (purpose !== record.purpose || origin !== record.origin) return { kind: 'not_found' };
  const reason = refuseGuess(record, nowMs);
  if (reason !== null) {
    const isFirstAtEnd = reason === 'expired' && noteLateCode(tables, subject, nowMs);
    return notAdmitted(tables, step, { subject, reason, isFirstAtEnd, nowMs });
  }
  const address = readAddress(tables, step, { application, nowMs });
  const refusal = address?.refusal ?? null;
  if (refusal !== null) return { kind: 'refused', refusal };
  if (step.transactionHash === undefined) {
    const isMissing = step.transactionRequired && record.transactionHash !== null;
    if (isMissing) return { kind: 'transaction_missing' };
  } else if (step.transactionHash !== record.transactionHash) {
    // The answer is that of a wrong code: it does not say which part was wrong (PSD2 RTS, 4 (3a)).
    return endInstead(tables, step, { subject, event: 'transaction_changed', nowMs });
  }
  if (!admitsGuess(subject.ledger.ledger, record.codeBits, nowMs)) {
    return endInstead(tables, step, { subject, event: 'guess_budget_spent', nowMs });
  }
  if (!tables.verifications.consume(subject.kept, nowMs)) {
    throw new Error('An admitted guess was not consumed.');
  }
  subject.ledger.ledger = chargeGuess(subject.ledger.ledger, nowMs);
  tables.ledgers.write(subject.ledger);
  address?.charge();
  const first = { application, verificationId: record.id, outcome: null };
  tables.idempotency.insert(step.idempotency, first, nowMs);
  return {
    kind: 'consumed',
    verification: guessedOf({ ...record, checksUsed: record.checksUsed + 1 }),
    chargedAtMs: nowMs,
  };
}

/** Every check counts, or nobody could say how many are left; refused ones do not. */
function countCheck(
  tables: Tables,
  { checks, applicationId }: ConsumeStep,
  nowMs: number,
): Refusal | null {
  if (checks === undefined) return null;
  const application = tables.applications.requireNumber(applicationId);
  const entered = enterSends(tables, { application, ledgers: [checks], nowMs }, []);
  if (entered.refusal === null) entered.write();
  return entered.refusal;
}

function guessedOf(record: VerificationRecord): GuessedVerification {
  const { id, applicationId, recipientHash, purpose, sealedCode, codeVersion, checksUsed } = record;
  return { id, applicationId, recipientHash, purpose, sealedCode, codeVersion, checksUsed };
}

/**
 * Writes down what the comparison said. Approval is a conditional update that one caller wins; a
 * guess compared with a code that a resend has replaced since counts as wrong, whatever it was.
 */
export function settleGuess(tables: Tables, step: SettleStep, nowMs: number): SettleOutcome | null {
  const subject = readSubject(tables, step, nowMs);
  if (subject === null) return null;
  const { kept, ledger } = subject;
  const earlier = tables.idempotency.outcomeOf(step.idempotency);
  if (earlier !== null) {
    // Settled already: a node that was taken for dead came back, or the other way round.
    const reason = earlier === approvedOutcome ? null : (earlier as CheckReason);
    return { ...answer(tables, kept, nowMs), reason };
  }
  const isRight = step.isRight && step.codeVersion === kept.record.codeVersion;
  const { ending, reason } = settle(kept.record, isRight, nowMs);
  const { application } = kept;
  if (isRight) {
    ledger.ledger = refundGuess(ledger.ledger, step.chargedAtMs, reason === null);
    refundAddress(tables, step, { application, nowMs });
  }
  tables.tallies.add(application, isRight, nowMs);
  if (reason === 'wrong_code') subject.kept = addWrongCode(tables, subject.kept, nowMs);
  if (ending !== null) {
    const finished = finish(tables, { kept: subject.kept, ending, ledger, nowMs });
    if (finished === null) throw new Error('A pending verification did not end.');
    subject.kept = finished;
  }
  tables.ledgers.write(ledger);
  tables.idempotency.setOutcome(step.idempotency, reason ?? approvedOutcome);
  return { ...answer(tables, subject.kept, nowMs), reason };
}

const approvedOutcome = 'approved';

function readSubject(
  tables: Tables,
  of: { applicationId: string; verificationId: string },
  nowMs: number,
): Subject | null {
  const kept = findVerification(tables, of);
  if (kept === null) return null;
  const ledger = tables.ledgers.read(kept.application, kept.record.ledgerKey, nowMs);
  return { kept, ledger };
}

function readAddress(
  tables: Tables,
  { address }: ConsumeStep,
  { application, nowMs }: { application: number; nowMs: number },
) {
  if (address === null) return null;
  const kept = tables.ledgers.read(application, address.key, nowMs);
  return {
    refusal: refuseEntries(kept.ledger.failuresAtMs, 1, address.limits, nowMs),
    charge(): void {
      kept.ledger = chargeAddress(kept.ledger, nowMs);
      tables.ledgers.write(kept);
    },
  };
}

function refundAddress(
  tables: Tables,
  { addressKey, chargedAtMs }: SettleStep,
  { application, nowMs }: { application: number; nowMs: number },
): void {
  if (addressKey === null) return;
  const kept = tables.ledgers.read(application, addressKey, nowMs);
  kept.ledger = refundGuess(kept.ledger, chargedAtMs, false);
  tables.ledgers.write(kept);
}

/** Only the first is noted, so a finished row is changed once. False where one came before. */
function noteLateCode(tables: Tables, subject: Subject, nowMs: number): boolean {
  const { kept } = subject;
  const { history } = kept.record;
  if (history.some(({ event }) => event === 'late_code')) return false;
  const entry = { atMs: nowMs, event: 'late_code', detail: null } as const;
  subject.kept = { ...kept, record: { ...kept.record, history: withEntry(history, entry) } };
  tables.verifications.saveWrong(subject.kept);
  return true;
}

function notAdmitted(
  tables: Tables,
  step: ConsumeStep,
  found: { subject: Subject; reason: CheckReason; isFirstAtEnd: boolean; nowMs: number },
): ConsumeOutcome {
  const { reason, isFirstAtEnd, nowMs } = found;
  const { kept } = found.subject;
  const first = {
    application: kept.application,
    verificationId: kept.record.id,
    outcome: reason,
  };
  tables.idempotency.insert(step.idempotency, first, nowMs);
  return { kind: 'not_admitted', reason, isFirstAtEnd, ...answer(tables, kept, nowMs) };
}

/** Ends the verification instead of letting the guess be compared. */
function endInstead(
  tables: Tables,
  step: ConsumeStep,
  found: { subject: Subject; event: EndingEvent; nowMs: number },
): ConsumeOutcome {
  const { subject, event, nowMs } = found;
  const { kept, ledger } = subject;
  const ending = end(kept.record, event, nowMs);
  const finished = ending && finish(tables, { kept, ending, ledger, nowMs });
  if (finished === null) throw new Error('A pending verification did not end.');
  tables.ledgers.write(ledger);
  const reason = event === 'transaction_changed' ? 'wrong_code' : 'too_many_checks';
  const ended = { subject: { kept: finished, ledger }, reason, isFirstAtEnd: true, nowMs } as const;
  return notAdmitted(tables, step, ended);
}

function addWrongCode(tables: Tables, kept: KeptVerification, nowMs: number): KeptVerification {
  const entry = { atMs: nowMs, event: 'wrong_code', detail: null } as const;
  const { checksWrong, history } = kept.record;
  const record = {
    ...kept.record,
    checksWrong: checksWrong + 1,
    history: withEntry(history, entry),
  };
  const changed = { ...kept, record };
  tables.verifications.saveWrong(changed);
  return changed;
}

export function answer(
  tables: Tables,
  kept: KeptVerification,
  nowMs: number,
): VerificationWithDeliveries {
  const deliveries = tables.deliveries.of(kept).map(({ record }) => record);
  return { verification: kept.record, deliveries, atMs: nowMs };
}
