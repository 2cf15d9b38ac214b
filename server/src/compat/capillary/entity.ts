import type { OtpErrorCode } from '#compat/capillary/errors.ts';
import type { Words } from '#compat/words.ts';
import { parseRecipient, type Recipient } from '#domain/recipient.ts';
import type { Result } from '#domain/refusal.ts';

/** Whose code it is, by `entityType` and `entityValue`; else every code of what is wrong. */
export function readEntity(
  words: Words,
  country: string | null,
): Result<Recipient, readonly OtpErrorCode[]> {
  const type = words('entityType')?.trim().toUpperCase();
  const value = words('entityValue');
  const isKnown = type === 'MOBILE' || type === 'EMAIL';
  if (!isKnown || value === undefined) {
    return {
      ok: false,
      error: [
        ...(isKnown ? [] : ([601] as const)),
        ...(value === undefined ? ([602] as const) : []),
      ],
    };
  }
  const recipient = type === 'MOBILE' ? readMobile(value, country) : readEmail(value);
  if (recipient !== null) return { ok: true, value: recipient };
  return { ok: false, error: [type === 'MOBILE' ? 8056 : 602] };
}

/**
 * Clients send numbers in the national form, and with the country's code but without a plus. The
 * first reading that is a number is taken.
 */
export function readMobile(value: string, country: string | null): Recipient | null {
  if (value.includes('@')) return null;
  const national = parseRecipient(value, country === null ? {} : { country });
  if (national.ok) return national.value;
  const isBare = /^[1-9][0-9]{7,14}$/.test(value.trim());
  const international = isBare ? parseRecipient(`+${value.trim()}`) : null;
  return international?.ok ? international.value : null;
}

export function readEmail(value: string): Recipient | null {
  const read = parseRecipient(value);
  return read.ok && read.value.kind === 'email' ? read.value : null;
}
