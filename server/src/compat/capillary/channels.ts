import { readEmail, readMobile } from '#compat/capillary/entity.ts';
import type { OtpErrorCode } from '#compat/capillary/errors.ts';
import { readWords } from '#compat/words.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import type { Recipient } from '#domain/recipient.ts';

export interface ReadChannel {
  /** As the call has it, in upper case. */
  readonly type: string;
  readonly channel: ChannelName;
  readonly to: Recipient;
}

const channelsByType: Readonly<Record<string, ChannelName>> = {
  SMS: 'sms',
  MOBILE: 'sms',
  PHONE: 'voice',
  EMAIL: 'email',
  WHATSAPP: 'whatsapp',
  ZALO: 'zalo',
};

/** As many as one start may have; what is the same twice counts once. */
const channelsMax = 5;
/** More than this is no list of channels, and is not read to its end. */
const entriesMax = 50;

/**
 * Reads `channels`, each with a value of its own, which may be another one than the entity's. A
 * call without any goes to the entity, by the channel that it is for.
 */
export function readChannels(
  given: unknown,
  entity: Recipient | null,
  call: { readonly entityValue: string | undefined; readonly country: string | null },
): { channels: readonly ReadChannel[]; errors: readonly OtpErrorCode[] } {
  const isAbsent =
    given === undefined || given === null || (Array.isArray(given) && given.length === 0);
  if (isAbsent) return { channels: entity === null ? [] : [usualChannel(entity)], errors: [] };
  if (!Array.isArray(given) || given.length > entriesMax) return { channels: [], errors: [603] };
  const channels: ReadChannel[] = [];
  const errors = new Set<OtpErrorCode>();
  for (const entry of given as readonly unknown[]) {
    const read = readChannel(entry, entity, call);
    if (typeof read === 'number') {
      errors.add(read);
      continue;
    }
    const isTwice = channels.some(
      ({ channel, to }) => channel === read.channel && to.canonical === read.to.canonical,
    );
    if (!isTwice) channels.push(read);
  }
  if (channels.length > channelsMax) errors.add(603);
  return { channels, errors: [...errors] };
}

function readChannel(
  entry: unknown,
  entity: Recipient | null,
  { entityValue, country }: { entityValue: string | undefined; country: string | null },
): ReadChannel | OtpErrorCode {
  const words = readWords(entry);
  const type = words('type')?.trim().toUpperCase() ?? '';
  const channel = Object.hasOwn(channelsByType, type) ? channelsByType[type] : undefined;
  const value = words('value');
  if (channel === undefined || value === undefined) return 603;
  // Most calls send to the entity itself: reading a national number takes longer than the rest.
  const isEntity =
    value === entityValue && entity?.kind === (channel === 'email' ? 'email' : 'phone');
  if (isEntity && entity !== null) return { type, channel, to: entity };
  const to = channel === 'email' ? readEmail(value) : readMobile(value, country);
  if (to !== null) return { type, channel, to };
  return channel === 'email' ? 603 : 8056;
}

function usualChannel(entity: Recipient): ReadChannel {
  return entity.kind === 'email'
    ? { type: 'EMAIL', channel: 'email', to: entity }
    : { type: 'SMS', channel: 'sms', to: entity };
}
