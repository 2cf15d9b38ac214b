import type { ChannelName } from '#domain/channels/channel.ts';
import type { DeliveryStatus } from '#domain/delivery.ts';
import { headOf } from '#domain/id.ts';
import { readHistory } from '#storage/steps/history.ts';
import type { KeptDelivery } from '#storage/steps/tables.ts';

export function deliveryHead(id: string): number {
  const head = headOf(id, 'dl');
  if (head === null) throw new Error('A delivery has a malformed id.');
  return head;
}

/** In the order of `DeliveryRow`. */
export const deliveryColumns = `
  delivery.head, delivery.id, delivery.application, delivery.verification, delivery.code_version,
  delivery.channel, delivery.provider, delivery.status, delivery.parts, delivery.quote_micros,
  delivery.quote_currency, delivery.cost_micros, delivery.currency, delivery.error,
  delivery.provider_message_id, delivery.attempts, delivery.is_possible_duplicate,
  delivery.created_at_ms, delivery.history`;

export type DeliveryRow = readonly [
  head: number,
  id: string,
  application: number,
  verification: number,
  codeVersion: number,
  channel: ChannelName,
  provider: string,
  status: DeliveryStatus,
  parts: number,
  quoteMicros: number | null,
  quoteCurrency: string | null,
  costMicros: number | null,
  currency: string | null,
  error: string | null,
  providerMessageId: string | null,
  attempts: number,
  isPossibleDuplicate: number,
  createdAtMs: number,
  history: string,
];

export function toKeptDelivery(
  row: DeliveryRow,
  of: { readonly verificationId: string; readonly applicationId: string },
): KeptDelivery {
  const [
    ,
    id,
    application,
    ,
    codeVersion,
    channel,
    provider,
    status,
    parts,
    quoteMicros,
    quoteCurrency,
    costMicros,
    currency,
    error,
    providerMessageId,
    attempts,
    isPossibleDuplicate,
    createdAtMs,
    history,
  ] = row;
  return {
    application,
    codeVersion,
    record: {
      id,
      verificationId: of.verificationId,
      applicationId: of.applicationId,
      channel,
      provider,
      status,
      parts,
      quoteMicros,
      quoteCurrency,
      costMicros,
      currency,
      error,
      providerMessageId,
      attempts,
      isPossibleDuplicate: isPossibleDuplicate === 1,
      createdAtMs,
      history: readHistory(history),
    },
  };
}
