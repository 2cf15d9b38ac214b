import type { ChannelName } from '#domain/channels/channel.ts';
import type { DeliveryStatus } from '#domain/delivery.ts';
import { headOf } from '#domain/id.ts';
import type { DeliveryRecord, NewDelivery } from '#service/ports.ts';
import { readHistory } from '#storage/sqlite/history.ts';
import type { KeptVerification } from '#storage/sqlite/verification-record.ts';

export interface DeliveryRow {
  readonly head: number;
  readonly id: string;
  readonly application: number;
  readonly verification: number;
  readonly code_version: number;
  readonly channel: ChannelName;
  readonly provider: string;
  readonly status: DeliveryStatus;
  readonly parts: number;
  readonly quote_micros: number | null;
  readonly quote_currency: string | null;
  readonly cost_micros: number | null;
  readonly currency: string | null;
  readonly error: string | null;
  readonly provider_message_id: string | null;
  readonly attempts: number;
  readonly is_possible_duplicate: number;
  readonly created_at_ms: number;
  readonly history: string;
  readonly verification_id: string;
}

/** A delivery with what only this storage knows of it. */
export interface KeptDelivery {
  readonly head: number;
  readonly application: number;
  /** Head of its verification. */
  readonly verification: number;
  readonly codeVersion: number;
  readonly quoteMicros: number | null;
  readonly quoteCurrency: string | null;
  readonly record: DeliveryRecord;
}

export function toFresh(
  verification: KeptVerification,
  fresh: NewDelivery,
  nowMs: number,
): KeptDelivery {
  return {
    head: deliveryHead(fresh.id),
    application: verification.application,
    verification: verification.head,
    codeVersion: verification.record.codeVersion,
    quoteMicros: fresh.quoteMicros,
    quoteCurrency: fresh.quoteMicros === null ? null : fresh.currency,
    record: {
      id: fresh.id,
      verificationId: verification.record.id,
      applicationId: verification.record.applicationId,
      channel: fresh.channel,
      provider: fresh.provider,
      status: 'queued',
      parts: fresh.parts,
      costMicros: null,
      currency: null,
      error: null,
      providerMessageId: null,
      attempts: 1,
      isPossibleDuplicate: false,
      createdAtMs: nowMs,
      history: [{ atMs: nowMs, event: 'queued', detail: null }],
    },
  };
}

export function deliveryHead(id: string): number {
  const head = headOf(id, 'dl');
  if (head === null) throw new Error('A delivery has a malformed id.');
  return head;
}

export function toKeptDelivery(row: DeliveryRow, applicationId: string): KeptDelivery {
  return {
    head: row.head,
    application: row.application,
    verification: row.verification,
    codeVersion: row.code_version,
    quoteMicros: row.quote_micros,
    quoteCurrency: row.quote_currency,
    record: {
      id: row.id,
      verificationId: row.verification_id,
      applicationId,
      channel: row.channel,
      provider: row.provider,
      status: row.status,
      parts: row.parts,
      costMicros: row.cost_micros,
      currency: row.currency,
      error: row.error,
      providerMessageId: row.provider_message_id,
      attempts: row.attempts,
      isPossibleDuplicate: row.is_possible_duplicate === 1,
      createdAtMs: row.created_at_ms,
      history: readHistory(row.history),
    },
  };
}
