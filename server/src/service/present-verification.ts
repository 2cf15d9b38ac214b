import { fromMicros, type Money } from '#domain/money.ts';
import { maskRecipient } from '#domain/recipient.ts';
import { statusAt } from '#domain/verification.ts';
import { type KeptRequest, openKeptRequest } from '#service/kept-request.ts';
import type {
  DeliveryRecord,
  VerificationRecord,
  VerificationWithDeliveries,
} from '#service/records.ts';
import type { Vault } from '#service/vault.ts';
import type {
  DeliveryView,
  HistoryView,
  VerificationInFullView,
  VerificationView,
  VerificationWithHistoryView,
} from '#service/views.ts';

/** What is shown of a recipient whose value is gone: retention erased it, or its key is away. */
export const erasedRecipient = '•••';

/** A verification as a caller may see it. `shownRecipient`, masked, saves opening the request. */
export function presentVerification(
  vault: Vault,
  found: VerificationWithDeliveries,
  shownRecipient: string | null = null,
): VerificationView {
  const { verification, deliveries, atMs } = found;
  const status = statusAt(verification, atMs);
  const isPending = status === 'pending';
  const sendsLeft = isPending ? verification.sendsMax - verification.sendsUsed : 0;
  return {
    id: verification.id,
    status,
    recipient: shownRecipient ?? openShownRecipient(vault, verification),
    country: verification.country,
    channel: verification.channel,
    purpose: verification.purpose,
    origin: verification.origin,
    checksLeft: isPending ? Math.max(0, verification.checksMax - verification.checksUsed) : 0,
    sendsUsed: verification.sendsUsed,
    sendsLeft,
    createdAtMs: verification.createdAtMs,
    expiresAtMs: verification.expiresAtMs,
    resendAllowedAtMs: sendsLeft > 0 ? verification.resendAllowedAtMs : null,
    finishedAtMs: verification.finishedAtMs ?? (isPending ? null : verification.expiresAtMs),
    blockedReason: verification.blockedReason,
    reference: verification.reference,
    metadata: verification.metadata,
    deliveries: deliveries.map(presentDelivery),
  };
}

/** Only the call that reads a single verification shows its history: the others never make it. */
export function presentWithHistory(
  vault: Vault,
  found: VerificationWithDeliveries,
): VerificationWithHistoryView {
  const { verification, deliveries } = found;
  return {
    ...presentVerification(vault, found),
    history: presentHistory(verification, deliveries),
  };
}

/** `kept` is the verification's own request, opened; null once retention has erased it. */
export function presentInFull(
  vault: Vault,
  found: VerificationWithDeliveries,
  kept: KeptRequest | null,
): VerificationInFullView {
  const { verification } = found;
  const shownRecipient = kept === null ? erasedRecipient : maskRecipient(kept.recipient);
  return {
    ...presentVerification(vault, found, shownRecipient),
    recipientInFull: kept?.recipient ?? null,
    lifetimeSeconds: verification.lifetimeMs / 1000,
    checksMax: verification.checksMax,
    checksWrong: verification.checksWrong,
    callbackUrl: kept?.callbackUrl ?? null,
  };
}

function openShownRecipient(vault: Vault, { sealedRequest, id }: VerificationRecord): string {
  const kept = openKeptRequest(vault, sealedRequest, id);
  return kept === null ? erasedRecipient : maskRecipient(kept.recipient);
}

function presentDelivery(delivery: DeliveryRecord): DeliveryView {
  const { costMicros, currency, quoteMicros, quoteCurrency } = delivery;
  return {
    id: delivery.id,
    channel: delivery.channel,
    provider: delivery.provider,
    status: delivery.status,
    parts: delivery.parts,
    cost: moneyOf(costMicros, currency),
    quote: moneyOf(quoteMicros, quoteCurrency),
    error: delivery.error,
    atMs: delivery.history.at(-1)?.atMs ?? delivery.createdAtMs,
  };
}

function moneyOf(micros: number | null, currency: string | null): Money | null {
  return micros === null || currency === null ? null : fromMicros(micros, currency);
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
