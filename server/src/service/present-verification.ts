import { fromMicros } from '#domain/money.ts';
import { maskRecipient } from '#domain/recipient.ts';
import { statusAt } from '#domain/verification.ts';
import { openKeptRequest } from '#service/kept-request.ts';
import type {
  DeliveryRecord,
  VerificationRecord,
  VerificationWithDeliveries,
} from '#service/records.ts';
import type { Vault } from '#service/vault.ts';
import type { DeliveryView, HistoryView, VerificationView } from '#service/views.ts';

/** What is shown of a recipient whose value is gone: retention erased it, or its key is away. */
const erasedRecipient = '•••';

/** A verification as a caller may see it. `recipient` saves opening it where it is known. */
export function presentVerification(
  vault: Vault,
  found: VerificationWithDeliveries,
  recipient?: string,
): VerificationView {
  const { verification, deliveries, atMs } = found;
  const status = statusAt(verification, atMs);
  const isPending = status === 'pending';
  const known =
    recipient ??
    openKeptRequest(vault, verification.sealedRequest, verification.id)?.recipient ??
    null;
  const sendsLeft = isPending ? verification.sendsMax - verification.sendsUsed : 0;
  return {
    id: verification.id,
    status,
    recipient: known === null ? erasedRecipient : maskRecipient(known),
    country: verification.country,
    channel: verification.channel,
    purpose: verification.purpose,
    origin: verification.origin,
    checksLeft: isPending ? Math.max(0, verification.checksMax - verification.checksUsed) : 0,
    sendsLeft,
    createdAtMs: verification.createdAtMs,
    expiresAtMs: verification.expiresAtMs,
    resendAllowedAtMs: sendsLeft > 0 ? verification.resendAllowedAtMs : null,
    finishedAtMs: verification.finishedAtMs ?? (isPending ? null : verification.expiresAtMs),
    blockedReason: verification.blockedReason,
    reference: verification.reference,
    metadata: verification.metadata,
    deliveries: deliveries.map(presentDelivery),
    history: presentHistory(verification, deliveries),
  };
}

function presentDelivery(delivery: DeliveryRecord): DeliveryView {
  const { costMicros, currency } = delivery;
  return {
    id: delivery.id,
    channel: delivery.channel,
    provider: delivery.provider,
    status: delivery.status,
    parts: delivery.parts,
    cost: costMicros === null || currency === null ? null : fromMicros(costMicros, currency),
    error: delivery.error,
    atMs: delivery.history.at(-1)?.atMs ?? delivery.createdAtMs,
  };
}

/** The verification's own events and those of its deliveries in one line of time. */
function presentHistory(
  verification: VerificationRecord,
  deliveries: readonly DeliveryRecord[],
): HistoryView[] {
  const entries: HistoryView[] = [
    ...verification.history,
    ...deliveries.flatMap(({ channel, provider, history }) => {
      const carrier = `${channel} by ${provider}`;
      return history.map((entry) => ({
        ...entry,
        detail: entry.detail === null ? carrier : `${carrier}: ${entry.detail}`,
      }));
    }),
  ];
  return entries.sort((first, second) => first.atMs - second.atMs);
}
