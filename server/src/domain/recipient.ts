import { type EmailRecipient, parseEmailRecipient } from '#domain/email-address.ts';
import { type PhoneRecipient, parsePhoneRecipient } from '#domain/phone-number.ts';
import { type Result, refuse } from '#domain/refusal.ts';

/**
 * Who is being proved: a phone number or an e-mail address, in one canonical spelling.
 *
 * Two rules. Every limit, look-up and record uses what comes out of here, never what came in.
 * And reading a canonical recipient again yields the same recipient.
 */
export type Recipient = PhoneRecipient | EmailRecipient;

export type { EmailRecipient } from '#domain/email-address.ts';
export {
  canReceiveText,
  type LineType,
  type PhoneRecipient,
  refusedLineTypes,
} from '#domain/phone-number.ts';

export interface RecipientOptions {
  /** ISO 3166-1 alpha-2; how a number without a country code is read. Ignored for e-mail. */
  readonly country?: string | undefined;
  /** JSON pointer of the field, for refusals. */
  readonly pointer?: string | undefined;
  /** Accepts numbers of ranges newer than the metadata; see `phone-number.ts`. */
  readonly allowUnknownRanges?: boolean | undefined;
}

/** More than any address has, 64 + 1 + 253; checked before anything else looks at the text. */
const recipientLengthMax = 320;

/** Refuses with `recipient_invalid` what cannot be read, with `recipient_unsupported` the rest. */
export function parseRecipient(input: string, options: RecipientOptions = {}): Result<Recipient> {
  const pointer = options.pointer ?? '/recipient';
  if (input.length > recipientLengthMax) {
    return refuse(
      'recipient_invalid',
      'This is too long for a phone number or an e-mail address.',
      { pointer },
    );
  }
  return input.includes('@')
    ? parseEmailRecipient(input, pointer)
    : parsePhoneRecipient(input, { ...options, pointer });
}

// The shortest numbers in use have seven digits; anything shorter shows its head only.
const digitsToMaskMin = 7;

/**
 * A canonical recipient as it may be shown: `+14•••••0123`, `a•••@example.com`. An address always
 * gets three bullets, so that the length of its name stays private.
 */
export function maskRecipient(recipient: string): string {
  const at = recipient.lastIndexOf('@');
  if (at > 0) return `${recipient.charAt(0)}•••${recipient.slice(at)}`;
  if (!recipient.startsWith('+')) return '•••';
  const digits = recipient.slice(1);
  const tailLength = digits.length < digitsToMaskMin ? 0 : 4;
  const tailStart = digits.length - tailLength;
  const hidden = '•'.repeat(Math.max(0, tailStart - 2));
  return `+${digits.slice(0, 2)}${hidden}${digits.slice(tailStart)}`;
}
