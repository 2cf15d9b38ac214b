import { callingCodeOf, isCallingCode } from '#domain/calling-code.ts';
import { parseRecipient } from '#domain/recipient.ts';

/** The digits of `countryCode`; null for what is no dialling code. */
export function readCallingCode(countryCode: string): string | null {
  // A plus that stands in a query without being encoded arrives as a blank.
  const digits = countryCode.trim().replace(/^(?:\+|00)/, '');
  return isCallingCode(digits) ? digits : null;
}

/** What a number is called in an answer whose client does not say it: the national number. */
export function nationalNumber(recipient: string): string {
  return recipient.slice(1 + (callingCodeOf(recipient)?.length ?? 0));
}

/**
 * Whether the words of a client mean this number. Whoever takes the number from the person again
 * when the code comes in must not be told that another one was verified; that is also why digits
 * at the end are not enough, which somebody abroad may have as the whole number.
 */
export function isNumberOf(
  recipient: string,
  { countryCode, mobileNumber }: { countryCode: string | undefined; mobileNumber: string },
): boolean {
  // It is given back as it came.
  if (!/^[0-9 +().-]{1,40}$/.test(mobileNumber)) return false;
  const callingCode = countryCode === undefined ? null : readCallingCode(countryCode);
  if (callingCode !== null) {
    const read = parseRecipient(`+${callingCode}${mobileNumber}`);
    if (read.ok && read.value.canonical === recipient) return true;
    if (!recipient.startsWith(`+${callingCode}`)) return false;
  }
  const digits = mobileNumber.replace(/[^0-9]/g, '').replace(/^0+/, '');
  return digits === nationalNumber(recipient) || digits === recipient.slice(1);
}
