import { isoTime } from '#api/iso-time.ts';
import type {
  VerdictAnswer,
  VerificationAnswer,
  VerificationWithHistoryAnswer,
} from '#api/schemas/verification.ts';
import type {
  DeliveryView,
  HistoryView,
  VerdictView,
  VerificationView,
  VerificationWithHistoryView,
} from '#service/views.ts';

/** A verification in the words of the contract. Times are ISO 8601 in UTC. */
export function presentVerification(view: VerificationView): VerificationAnswer {
  return {
    id: view.id,
    status: view.status,
    recipient: view.recipient,
    country: view.country,
    channel: view.channel,
    purpose: view.purpose,
    origin: view.origin,
    checksLeft: view.checksLeft,
    sendsLeft: view.sendsLeft,
    createdAt: isoTime(view.createdAtMs),
    expiresAt: isoTime(view.expiresAtMs),
    resendAllowedAt: isoTimeOrNull(view.resendAllowedAtMs),
    finishedAt: isoTimeOrNull(view.finishedAtMs),
    blockedReason: view.blockedReason,
    reference: view.reference,
    metadata: view.metadata,
    deliveries: view.deliveries.map(presentDelivery),
  };
}

/** Only the call that reads one verification tells its history. */
export function presentWithHistory(
  view: VerificationWithHistoryView,
): VerificationWithHistoryAnswer {
  return { ...presentVerification(view), history: view.history.map(presentEvent) };
}

/** `proof` is there on approval only, so that nobody reads meaning into an empty one. */
export function presentVerdict(view: VerdictView): VerdictAnswer {
  const answer = {
    ...presentVerification(view),
    approved: view.approved,
    reason: view.reason,
  };
  return view.proof === null ? answer : { ...answer, proof: view.proof };
}

function isoTimeOrNull(timeMs: number | null): string | null {
  return timeMs === null ? null : isoTime(timeMs);
}

function presentDelivery(view: DeliveryView): VerificationAnswer['deliveries'][number] {
  const { id, channel, provider, status, parts, cost, error } = view;
  return { id, channel, provider, status, parts, cost, error, at: isoTime(view.atMs) };
}

function presentEvent(view: HistoryView): VerificationWithHistoryAnswer['history'][number] {
  return { at: isoTime(view.atMs), event: view.event, detail: view.detail };
}
