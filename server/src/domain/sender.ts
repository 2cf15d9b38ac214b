import type { ChannelName } from '#domain/channels/channel.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';

// What networks display: GSM 03.40 (9.1.2.5) leaves room for 11 letters in an originator. The
// characters are those that every carrier passes. Blanks at the ends would be lost on the way.
const name = /^(?=.*[A-Za-z])[A-Za-z0-9._-](?:[A-Za-z0-9 ._-]{0,9}[A-Za-z0-9._-])?$/;
// A short code has three digits or more, an E.164 number at most 15.
const number = /^\+?[0-9]{3,15}$/;

/** Who a message claims to come from. A call can only claim to come from a number. */
export function checkSender(input: string, channel: ChannelName): Result<string> {
  if (number.test(input)) return ok(input);
  if (channel !== 'voice' && name.test(input)) return ok(input);
  const detail =
    channel === 'voice'
      ? 'The sender of a call is a phone number of 3 to 15 digits.'
      : 'A sender is a number of 3 to 15 digits, or a name of at most 11 characters: letters, ' +
        'at least one, digits, inner blanks, dots, dashes and underscores.';
  return refuse('request_invalid', detail, { pointer: '/sender' });
}
