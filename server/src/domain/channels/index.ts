import type { Channel, ChannelName } from '#domain/channels/channel.ts';
import { email } from '#domain/channels/email.ts';
import { sms } from '#domain/channels/sms.ts';
import { voice } from '#domain/channels/voice.ts';
import { whatsapp } from '#domain/channels/whatsapp.ts';
import { zalo } from '#domain/channels/zalo.ts';

/** Every channel there is. The type refuses a name without its line here. */
export const channels: Readonly<Record<ChannelName, Channel>> = {
  sms,
  email,
  voice,
  whatsapp,
  zalo,
};

export function isChannelName(name: string): name is ChannelName {
  return Object.hasOwn(channels, name);
}
