import { fromMicros } from '#domain/money.ts';
import { maskRecipient } from '#domain/recipient.ts';
import { openKeptRequest } from '#service/kept-request.ts';
import { erasedRecipient } from '#service/present-verification.ts';
import type { VerificationWithDeliveries } from '#service/records.ts';
import type { Vault } from '#service/vault.ts';
import type { MessageStatus, MessageView } from '#service/views.ts';

/** A plain message as a caller may see it: recipient masked, and never its text. */
export function presentMessage(vault: Vault, found: VerificationWithDeliveries): MessageView {
  const { verification: record, deliveries } = found;
  const [delivery] = deliveries;
  const kept = openKeptRequest(vault, record.sealedRequest, record.id);
  const { costMicros = null, currency = null } = delivery ?? {};
  return {
    id: record.id,
    status: statusOf(found),
    recipient: kept === null ? erasedRecipient : maskRecipient(kept.recipient),
    country: record.country,
    channel: record.channel,
    origin: record.origin,
    createdAtMs: record.createdAtMs,
    sendAtMs: delivery === undefined ? null : record.resendAllowedAtMs,
    provider: delivery?.provider ?? null,
    parts: delivery?.parts ?? 0,
    cost: costMicros === null || currency === null ? null : fromMicros(costMicros, currency),
    error: delivery?.error ?? null,
    blockedReason: record.blockedReason,
    reference: record.reference,
    metadata: record.metadata,
  };
}

/** Of its one delivery, until when it waits for its moment. */
function statusOf({ verification, deliveries, atMs }: VerificationWithDeliveries): MessageStatus {
  const [delivery] = deliveries;
  if (delivery === undefined) return 'blocked';
  const isWaiting = delivery.status === 'queued' && atMs < verification.resendAllowedAtMs;
  return isWaiting ? 'scheduled' : delivery.status;
}
