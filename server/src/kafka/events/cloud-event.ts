/**
 * Events as CloudEvents 1.0 in structured JSON (CloudEvents Kafka protocol binding, 3.3): keyed by
 * the verification, so that those of one lie in one partition, in their order. Nothing in them is
 * a code or a whole recipient; `docs/reference/events` has their schemas.
 */
import type { OutgoingRecord } from '#kafka/record.ts';
import type { EventType } from '#service/event-port.ts';
import type { ToldEvent } from '#service/event-source.ts';

/** What the event says of the status; the words of its type but for a start. */
export const eventStatuses: Readonly<Record<EventType, string>> = {
  'verification.started': 'pending',
  'verification.approved': 'approved',
  'verification.failed': 'failed',
  'verification.expired': 'expired',
  'verification.canceled': 'canceled',
  'verification.blocked': 'blocked',
  'delivery.sent': 'sent',
  'delivery.delivered': 'delivered',
  'delivery.undelivered': 'undelivered',
  'delivery.failed': 'failed',
  'delivery.read': 'read',
};

const contentType = 'application/cloudevents+json; charset=UTF-8';

/** `source` is the server's public URL. */
export function cloudEventRecord(event: ToldEvent, topic: string, source: string): OutgoingRecord {
  const { id, type, verificationId, atMs } = event;
  const envelope = {
    ...{ specversion: '1.0', id, source, type },
    subject: verificationId,
    time: isoTime(atMs),
    datacontenttype: 'application/json',
    data: event.deliveryId === null ? verificationData(event) : deliveryData(event),
  };
  return {
    topic,
    key: Buffer.from(verificationId),
    value: Buffer.from(JSON.stringify(envelope)),
    headers: [[Buffer.from('content-type'), Buffer.from(contentType)]],
  };
}

function verificationData({ applicationId, type, verification }: ToldEvent) {
  return {
    application: applicationId,
    id: verification.id,
    status: eventStatuses[type],
    ...subjectOf(verification),
    channel: verification.channel,
    createdAt: isoTime(verification.createdAtMs),
    expiresAt: isoTime(verification.expiresAtMs),
    blockedReason: verification.blockedReason,
  };
}

function deliveryData({
  applicationId,
  type,
  verification,
  isMessage,
  deliveryId,
  delivery,
}: ToldEvent) {
  const { channel = verification.channel, provider = null, parts = null } = delivery ?? {};
  const { cost = null, error = null } = delivery ?? {};
  return {
    application: applicationId,
    id: deliveryId,
    status: eventStatuses[type],
    verificationId: isMessage ? null : verification.id,
    messageId: isMessage ? verification.id : null,
    ...subjectOf(verification),
    ...{ channel, provider, parts, cost, error },
  };
}

function subjectOf({
  recipient,
  country,
  purpose,
  origin,
  reference,
  metadata,
}: ToldEvent['verification']) {
  return { recipient, country, purpose, origin, reference, metadata };
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
