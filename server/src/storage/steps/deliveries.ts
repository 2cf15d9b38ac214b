import { type DeliveryStatus, isStepForward } from '#domain/delivery.ts';
import { type HistoryEvent, statusAt } from '#domain/verification.ts';
import type { AttemptResult, ClaimedDelivery, Receipt } from '#service/ports.ts';
import type { DeliveryRecord } from '#service/records.ts';
import { withEntry } from '#storage/steps/history.ts';
import { eraseText } from '#storage/steps/plain-messages.ts';
import type { KeptDelivery, Tables } from '#storage/steps/tables.ts';

const eventOf: Record<DeliveryStatus, HistoryEvent> = {
  queued: 'retried',
  sent: 'sent',
  delivered: 'delivered',
  undelivered: 'undelivered',
  failed: 'delivery_failed',
  read: 'read',
};

interface Failing {
  readonly error: string;
  readonly country: string | null;
  readonly nowMs: number;
}

/** Fails a delivery that has left the queue, and gives back what it had reserved. */
export function failDelivery(tables: Tables, kept: KeptDelivery, failing: Failing): void {
  const { error, country, nowMs } = failing;
  const { record } = kept;
  const history = withEntry(record.history, {
    atMs: nowMs,
    event: 'delivery_failed',
    detail: error,
  });
  tables.deliveries.save({ ...kept, record: { ...record, status: 'failed', error, history } });
  eraseText(tables, kept, nowMs);
  settleCost(tables, kept, { costMicros: 0, currency: record.quoteCurrency, country });
}

/** Replaces what was reserved for a delivery by what it cost. */
function settleCost(
  tables: Tables,
  kept: KeptDelivery,
  cost: { costMicros: number | null; currency: string | null; country: string | null },
): void {
  const { costMicros, currency, country } = cost;
  const { quoteMicros, quoteCurrency, createdAtMs } = kept.record;
  // Nobody told the price, or told it in a currency the budget is not kept in: the quote stands.
  if (costMicros === null || currency === null) return;
  if (quoteCurrency !== null && quoteCurrency !== currency) return;
  tables.budgets.settle({
    application: kept.application,
    country,
    reservedAtMs: createdAtMs,
    currency,
    micros: costMicros - (quoteMicros ?? 0),
  });
}

/** What came of hand-overs. A result that comes after a receipt moves nothing back. */
export function recordAttempts(
  tables: Tables,
  results: readonly AttemptResult[],
  nowMs: number,
): void {
  for (const result of results) {
    const kept = tables.deliveries.find(result.deliveryId);
    if (kept === null) continue;
    if (result.status === 'sent') recordSent(tables, kept, result, nowMs);
    else if (kept.record.status !== 'queued') continue;
    else if (result.status === 'queued') recordRetry(tables, kept, result, nowMs);
    else recordFailure(tables, kept, result, nowMs);
  }
}

function recordSent(
  tables: Tables,
  kept: KeptDelivery,
  result: AttemptResult,
  nowMs: number,
): void {
  // While it is queued the row tells what was reserved; from now on, what was sent.
  const record = { ...kept.record, parts: result.parts ?? kept.record.parts };
  // A node that got no answer says it again; what was spent is counted once.
  if (record.costMicros !== null) return;
  if (record.status === 'failed') {
    // Given up before its node answered after all: the status stays, the money is spent.
    const costMicros = result.costMicros ?? record.quoteMicros;
    const currency = result.currency ?? record.quoteCurrency;
    tables.deliveries.save({ ...kept, record: { ...record, costMicros, currency } });
    const unreserved = { ...kept, record: { ...record, quoteMicros: 0 } };
    settleCost(tables, unreserved, { costMicros, currency, ...countryOf(tables, kept) });
    return;
  }
  const isForward = isStepForward(record.status, 'sent');
  if (!isForward && record.providerMessageId !== null) return;
  const entry = { atMs: nowMs, event: 'sent', detail: null } as const;
  tables.deliveries.save({
    ...kept,
    record: {
      ...record,
      status: isForward ? 'sent' : record.status,
      provider: result.provider,
      providerMessageId: result.providerMessageId,
      costMicros: result.costMicros,
      currency: result.currency,
      error: isForward ? null : record.error,
      history: isForward ? withEntry(record.history, entry) : record.history,
    },
  });
  tables.outbox.leave(kept.record.id);
  eraseText(tables, kept, nowMs);
  const { costMicros, currency } = result;
  if (costMicros !== null) {
    settleCost(tables, kept, { costMicros, currency, ...countryOf(tables, kept) });
  }
}

function recordFailure(
  tables: Tables,
  kept: KeptDelivery,
  result: AttemptResult,
  nowMs: number,
): void {
  tables.outbox.leave(kept.record.id);
  const { provider } = result;
  const error = result.error ?? 'The provider did not take the message.';
  const failed = { ...kept, record: { ...kept.record, provider } };
  failDelivery(tables, failed, { error, nowMs, ...countryOf(tables, kept) });
}

function recordRetry(
  tables: Tables,
  kept: KeptDelivery,
  result: AttemptResult,
  nowMs: number,
): void {
  const worthless = whyWorthless(tables, kept, nowMs);
  if (worthless !== null) {
    tables.outbox.leave(kept.record.id);
    failDelivery(tables, kept, { error: worthless, nowMs, ...countryOf(tables, kept) });
    return;
  }
  const { record } = kept;
  const { error, provider } = result;
  tables.deliveries.save({
    ...kept,
    record: {
      ...record,
      provider,
      error,
      // The claim counted a hand-over; a message that only waited gives it back.
      attempts: record.attempts - (result.wasTried ? 0 : 1),
      isPossibleDuplicate: record.isPossibleDuplicate || result.isPossibleDuplicate,
      history: withEntry(record.history, { atMs: nowMs, event: 'retried', detail: error }),
    },
  });
  tables.outbox.schedule(kept.record.id, nowMs + result.retryInMs, false);
}

/**
 * Gives due messages to the node that asks. One that another node had in its hands when its lease
 * ran out may have been sent: it is sent again once, marked, and given up the second time.
 */
export function claimDeliveries(
  tables: Tables,
  claim: { limit: number; leaseMs: number },
  nowMs: number,
): ClaimedDelivery[] {
  const claimed: ClaimedDelivery[] = [];
  for (const due of tables.outbox.due(nowMs, claim.limit)) {
    const { delivery: kept, wasInFlight: wasLost } = due;
    const { record } = kept;
    const error =
      whyWorthless(tables, kept, nowMs) ??
      (wasLost && record.isPossibleDuplicate
        ? 'It is not known whether the message was sent.'
        : null);
    if (error !== null) {
      tables.outbox.leave(kept.record.id);
      failDelivery(tables, kept, { error, nowMs, ...countryOf(tables, kept) });
      continue;
    }
    const delivery: DeliveryRecord = {
      ...record,
      attempts: record.attempts + 1,
      isPossibleDuplicate: record.isPossibleDuplicate || wasLost,
    };
    tables.deliveries.save({ ...kept, record: delivery });
    tables.outbox.schedule(kept.record.id, nowMs + claim.leaseMs, true);
    claimed.push({ delivery, ...composedFrom(tables, delivery) });
  }
  return claimed;
}

/** What the message of a delivery is composed from. */
function composedFrom(
  tables: Tables,
  { id, verificationId, channel }: DeliveryRecord,
): Pick<ClaimedDelivery, 'verification' | 'earlierOnChannel'> {
  const kept = tables.verifications.byId(verificationId);
  if (kept === null) throw new Error('A message is owed for a verification that is not there.');
  const onChannel = tables.deliveries.of(kept).filter(({ record }) => record.channel === channel);
  return {
    verification: kept.record,
    earlierOnChannel: onChannel.findIndex(({ record }) => record.id === id),
  };
}

/** Why a message is not worth sending any more; null when it is. */
function whyWorthless(tables: Tables, kept: KeptDelivery, nowMs: number): string | null {
  const verification = tables.verifications.byId(kept.record.verificationId);
  if (verification === null || statusAt(verification.record, nowMs) !== 'pending') {
    return 'The verification is finished.';
  }
  const isOutdated = verification.record.codeVersion !== kept.codeVersion;
  return isOutdated ? 'A newer code took its place.' : null;
}

function countryOf(tables: Tables, kept: KeptDelivery): { country: string | null } {
  return { country: tables.verifications.byId(kept.record.verificationId)?.record.country ?? null };
}

/** What a provider said later. Null for a delivery nobody knows; only steps forward change it. */
export function recordReceipt(
  tables: Tables,
  receipt: Receipt,
  nowMs: number,
): DeliveryRecord | null {
  const kept = tables.deliveries.find(receipt.deliveryId);
  if (kept === null) return null;
  const { record } = kept;
  const { status, error } = receipt;
  if (!isStepForward(record.status, status)) return record;
  const entry = { atMs: nowMs, event: eventOf[status], detail: error };
  const moved = { ...record, status, error, history: withEntry(record.history, entry) };
  tables.deliveries.save({ ...kept, record: moved });
  if (record.status === 'queued') {
    tables.outbox.leave(kept.record.id);
    eraseText(tables, kept, nowMs);
  }
  return moved;
}
