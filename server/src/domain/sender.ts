import type { ChannelName } from '#domain/channels/channel.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';

// What networks display: GSM 03.40 (9.1.2.5) leaves room for 11 letters in an originator. The
// characters are those that every carrier passes. Blanks at the ends would be lost on the way.
const name = /^(?=.*[A-Za-z])[A-Za-z0-9._-](?:[A-Za-z0-9 ._-]{0,9}[A-Za-z0-9._-])?$/;
// A short code has three digits or more, an E.164 number at most 15.
const number = /^\+?[0-9]{3,15}$/;

// A display name stands in quotes before the address (RFC 5322 3.4); these would end it.
const mailName = /^(?=.*\p{L})[^\p{C}\p{Zl}\p{Zp}<>"@\\]{1,70}$/u;

/** Who a message claims to come from. A call can only claim to come from a number. */
export function checkSender(input: string, channel: ChannelName): Result<string> {
  if (number.test(input)) return ok(input);
  if (channel !== 'voice' && name.test(input)) return ok(input);
  if (channel === 'email' && mailName.test(input) && input === input.trim()) return ok(input);
  return refuse('request_invalid', rules[channel] ?? usualRule, { pointer: '/sender' });
}

const rules: Partial<Record<ChannelName, string>> = {
  voice: 'The sender of a call is a phone number of 3 to 15 digits.',
  email:
    'The sender of an e-mail is a name of at most 70 characters on one line, without quotes, ' +
    'angle brackets, backslashes and @: the address is the one of the mail server’s settings.',
};
const usualRule =
  'A sender is a number of 3 to 15 digits, or a name of at most 11 characters: letters, ' +
  'at least one, digits, inner blanks, dots, dashes and underscores.';
