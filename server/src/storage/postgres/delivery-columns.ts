import type { ChannelName } from '#domain/channels/channel.ts';
import type { DeliveryStatus } from '#domain/delivery.ts';
import { shardOfId } from '#domain/id.ts';
import { column, createWriter } from '#storage/postgres/columns.ts';
import type { TextRow } from '#storage/postgres/exchange.ts';
import { readHistory, writeHistory } from '#storage/steps/history.ts';
import type { KeptDelivery } from '#storage/steps/tables.ts';

/** A delivery, and when its message is owed, if it is. */
export interface OwedDelivery {
  readonly kept: KeptDelivery;
  /** Null once nothing is owed any more. */
  readonly dueAtMs: number | null;
  readonly isInFlight: boolean;
}

const keys = [
  column<OwedDelivery>('id', 'text', ({ kept }) => kept.record.id),
  column<OwedDelivery>('shard', 'smallint', ({ kept }) => shardOfId(kept.record.id)),
];
const fixed = [
  column<OwedDelivery>('application', 'integer', ({ kept }) => kept.application),
  column<OwedDelivery>('verification_id', 'text', ({ kept }) => kept.record.verificationId),
  column<OwedDelivery>('code_version', 'integer', ({ kept }) => kept.codeVersion),
  column<OwedDelivery>('channel', 'text', ({ kept }) => kept.record.channel),
  column<OwedDelivery>('quote_micros', 'bigint', ({ kept }) => kept.record.quoteMicros),
  column<OwedDelivery>('quote_currency', 'text', ({ kept }) => kept.record.quoteCurrency),
  column<OwedDelivery>('created_at_ms', 'bigint', ({ kept }) => kept.record.createdAtMs),
];
const changing = [
  column<OwedDelivery>('provider', 'text', ({ kept }) => kept.record.provider),
  column<OwedDelivery>('status', 'text', ({ kept }) => kept.record.status),
  column<OwedDelivery>('parts', 'integer', ({ kept }) => kept.record.parts),
  column<OwedDelivery>('cost_micros', 'bigint', ({ kept }) => kept.record.costMicros),
  column<OwedDelivery>('currency', 'text', ({ kept }) => kept.record.currency),
  column<OwedDelivery>('error', 'text', ({ kept }) => kept.record.error),
  column<OwedDelivery>('provider_message_id', 'text', ({ kept }) => kept.record.providerMessageId),
  column<OwedDelivery>('attempts', 'integer', ({ kept }) => kept.record.attempts),
  column<OwedDelivery>(
    'is_possible_duplicate',
    'boolean',
    ({ kept }) => kept.record.isPossibleDuplicate,
  ),
  column<OwedDelivery>('history', 'text', ({ kept }) => writeHistory(kept.record.history)),
  column<OwedDelivery>('due_at_ms', 'bigint', ({ dueAtMs }) => dueAtMs),
  column<OwedDelivery>('is_in_flight', 'boolean', ({ isInFlight }) => isInFlight),
];

export const deliveryWriter = createWriter({ keys, fixed, changing });

/** In the order in which `toDelivery` reads them. */
export const deliveryColumns: readonly string[] = [
  'version',
  'application',
  'id',
  'verification_id',
  'code_version',
  'channel',
  'provider',
  'status',
  'parts',
  'quote_micros',
  'quote_currency',
  'cost_micros',
  'currency',
  'error',
  'provider_message_id',
  'attempts',
  'is_possible_duplicate',
  'created_at_ms',
  'history',
  'due_at_ms',
  'is_in_flight',
];

export function toDelivery(
  row: TextRow,
  applicationIdOf: (application: number) => string,
): OwedDelivery {
  const [, application, id, verificationId, codeVersion, channel, provider, status, parts] = row;
  const [quoteMicros, quoteCurrency, costMicros, currency, error, providerMessageId] = row.slice(9);
  const [attempts, isPossibleDuplicate, createdAtMs, history, dueAtMs, isInFlight] = row.slice(15);
  return {
    kept: {
      application: Number(application),
      codeVersion: Number(codeVersion),
      record: {
        id: id ?? '',
        verificationId: verificationId ?? '',
        applicationId: applicationIdOf(Number(application)),
        channel: channel as ChannelName,
        provider: provider ?? '',
        status: status as DeliveryStatus,
        parts: Number(parts),
        quoteMicros: numberOrNull(quoteMicros),
        quoteCurrency: quoteCurrency ?? null,
        costMicros: numberOrNull(costMicros),
        currency: currency ?? null,
        error: error ?? null,
        providerMessageId: providerMessageId ?? null,
        attempts: Number(attempts),
        isPossibleDuplicate: isPossibleDuplicate === 't',
        createdAtMs: Number(createdAtMs),
        history: readHistory(history ?? '[]'),
      },
    },
    dueAtMs: numberOrNull(dueAtMs),
    isInFlight: isInFlight === 't',
  };
}

function numberOrNull(text: string | null | undefined): number | null {
  return text == null ? null : Number(text);
}
