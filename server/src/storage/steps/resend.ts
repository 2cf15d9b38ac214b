import { refuseRecipient } from '#domain/limits.ts';
import { cancelResult, end, refuseResend, timesAfterSend } from '#domain/verification.ts';
import type { CancelOutcome, ResendOutcome, ResendStep, Storage } from '#service/ports.ts';
import { refuseSpending } from '#storage/steps/budgets.ts';
import { answer } from '#storage/steps/check.ts';
import { dropWaiting, finish } from '#storage/steps/finish.ts';
import { withEntry } from '#storage/steps/history.ts';
import { findVerification } from '#storage/steps/plain-messages.ts';
import { digitsMinNow, enterSends, insertDeliveries, isTooWeak } from '#storage/steps/start.ts';
import type { KeptVerification, Tables } from '#storage/steps/tables.ts';

export function resendCode(tables: Tables, step: ResendStep, nowMs: number): ResendOutcome {
  const repeated = tables.idempotency.find(step.idempotency, nowMs);
  if (repeated !== null) return repeated;
  const kept = findVerification(tables, step);
  if (kept === null) return { kind: 'not_found' };
  const { application, record } = kept;
  const { ledgerKey, id: verificationId } = record;
  const ledger = tables.ledgers.read(application, ledgerKey, nowMs);
  const barred =
    refuseResend(record, nowMs, step.resendWaitsSeconds) ?? refuseRecipient(ledger.ledger, nowMs);
  if (barred !== null) return { kind: 'refused', refusal: barred };
  if (step.code === null && step.codeVersion !== record.codeVersion) return { kind: 'outdated' };
  const { changedRequest } = step;
  if (changedRequest !== undefined && changedRequest.sendsUsed !== record.sendsUsed) {
    return { kind: 'outdated' };
  }
  const codeBits = step.code?.codeBits ?? record.codeBits;
  const digitsMin = digitsMinNow(tables, { application, ledger, nowMs });
  if (isTooWeak(codeBits, digitsMin)) return { kind: 'code_too_weak', digitsMin };
  const sends = enterSends(tables, { application, ledgers: step.ledgers, nowMs }, [
    [ledgerKey, ledger],
  ]);
  const refusal =
    sends.refusal ?? refuseSpending(tables, { application, entries: step.budgets, nowMs });
  if (refusal !== null) return { kind: 'refused', refusal };

  if (step.code !== null) {
    // What waits to be sent carries the old code.
    dropWaiting(tables, kept, { error: 'A newer code took its place.', nowMs });
  }
  const resent = withResend(kept, step, nowMs);
  if (!tables.verifications.resend(resent)) throw new Error('A pending verification was not kept.');
  sends.write();
  tables.budgets.reserve(application, step.budgets, nowMs);
  insertDeliveries(tables, { kept: resent, step, nowMs });
  const first = { application, verificationId, outcome: 'resent' };
  tables.idempotency.insert(step.idempotency, first, nowMs);
  return { kind: 'resent', ...answer(tables, resent, nowMs) };
}

function withResend(kept: KeptVerification, step: ResendStep, nowMs: number): KeptVerification {
  const { record } = kept;
  const sendsUsed = record.sendsUsed + 1;
  return {
    ...kept,
    deliveryIds: [...kept.deliveryIds, ...step.deliveries.map(({ id }) => id)],
    record: {
      ...record,
      ...timesAfterSend(sendsUsed, record, nowMs, step.resendWaitsSeconds),
      sendsUsed,
      channel: step.channel,
      sealedCode: step.code?.sealedCode ?? record.sealedCode,
      codeBits: step.code?.codeBits ?? record.codeBits,
      sealedRequest: step.changedRequest?.sealedRequest ?? record.sealedRequest,
      codeVersion: record.codeVersion + (step.code === null ? 0 : 1),
      history: withEntry(record.history, { atMs: nowMs, event: 'resent', detail: null }),
    },
  };
}

export function cancelVerification(
  tables: Tables,
  step: Parameters<Storage['cancelVerification']>[0],
  nowMs: number,
): CancelOutcome {
  const repeated = tables.idempotency.find(step.idempotency, nowMs);
  if (repeated !== null) return repeated;
  const kept = findVerification(tables, step);
  if (kept === null) return { kind: 'not_found' };
  const { application, record } = kept;
  const result = cancelResult(record, nowMs);
  if (!result.ok) return { kind: 'refused', refusal: result.error };
  const canceled = result.value === 'cancel' ? endNow(tables, kept, step.event, nowMs) : kept;
  const first = { application, verificationId: record.id, outcome: 'canceled' };
  tables.idempotency.insert(step.idempotency, first, nowMs);
  const isFirstAtEnd = result.value === 'cancel';
  return { kind: 'canceled', isFirstAtEnd, ...answer(tables, canceled, nowMs) };
}

/** Ends a verification known to be pending, with its ledger. */
export function endNow(
  tables: Tables,
  kept: KeptVerification,
  event: Parameters<typeof end>[1],
  nowMs: number,
): KeptVerification {
  const { application, record } = kept;
  const ledger = tables.ledgers.read(application, record.ledgerKey, nowMs);
  const ending = end(record, event, nowMs);
  const finished = ending && finish(tables, { kept, ending, ledger, nowMs });
  if (finished === null) throw new Error('A pending verification did not end.');
  tables.ledgers.write(ledger);
  return finished;
}
