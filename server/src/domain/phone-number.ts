import parsePhoneNumber, { isSupportedCountry } from 'libphonenumber-js/max';
import { findKnownNumber } from '#domain/phone-patterns.ts';
import { ok, type Refusal, type Result, refuse } from '#domain/refusal.ts';
import { digitValue, isBlankOrDash } from '#domain/typed-text.ts';

/**
 * Reads a phone number in any usual spelling into E.164.
 *
 * The spelling is folded here, before the library sees it, to an optional plus and ASCII digits.
 * The library alone would read letters as keypad digits ("1-800-FLOWERS") and drop extensions;
 * both would let one phone have many names, and each name its own budget of guesses and sends.
 */

export type LineType =
  | 'mobile'
  | 'fixed_line'
  | 'fixed_line_or_mobile'
  | 'voip'
  | 'toll_free'
  | 'premium_rate'
  | 'shared_cost'
  | 'pager'
  | 'personal'
  | 'uan'
  | 'voicemail'
  | 'satellite'
  | 'unknown';

export interface PhoneRecipient {
  readonly kind: 'phone';
  /** E.164: a plus and at most 15 digits. */
  readonly canonical: string;
  /** What limits count by; the canonical number itself. */
  readonly limitKey: string;
  /** ISO 3166-1 alpha-2; null where a shared country code leaves it open. */
  readonly country: string | null;
  readonly lineType: LineType;
}

export interface PhoneNumberOptions {
  /** ISO 3166-1 alpha-2, in either case; how a number without a country code is read. */
  readonly country?: string | undefined;
  /** JSON pointer of the field that holds the number, for refusals. */
  readonly pointer: string;
  /**
   * Accepts a number of possible length in a range that the metadata does not know yet, with the
   * line type `unknown`. Off by default: such numbers are mostly typing errors.
   */
  readonly allowUnknownRanges?: boolean | undefined;
}

/**
 * Lines that nobody proves to hold: either no person answers there, or a call or text costs
 * many times the usual and pays whoever rents the number.
 */
export const refusedLineTypes: ReadonlySet<LineType> = new Set<LineType>([
  'premium_rate',
  'satellite',
  'shared_cost',
  'toll_free',
  'pager',
  'voicemail',
  'uan',
]);

// Country codes that belong to no country (ITU-T E.164 list of assigned codes). The library calls
// many of their numbers mobile or VoIP. 878, 882, 883 and 888 are not all satellite networks, but
// are billed like them, so they share the type. +800, +808 and +979 are named for the same reason.
const globalNetworks: Readonly<Record<string, LineType>> = {
  '800': 'toll_free',
  '808': 'shared_cost',
  '870': 'satellite',
  '878': 'satellite',
  '881': 'satellite',
  '882': 'satellite',
  '883': 'satellite',
  '888': 'satellite',
  '979': 'premium_rate',
};

const lineTypes: Readonly<Record<string, LineType>> = {
  MOBILE: 'mobile',
  FIXED_LINE: 'fixed_line',
  FIXED_LINE_OR_MOBILE: 'fixed_line_or_mobile',
  VOIP: 'voip',
  TOLL_FREE: 'toll_free',
  PREMIUM_RATE: 'premium_rate',
  SHARED_COST: 'shared_cost',
  PAGER: 'pager',
  PERSONAL_NUMBER: 'personal',
  UAN: 'uan',
  VOICEMAIL: 'voicemail',
};

// Fifteen digits with "tel:", brackets, blanks and direction marks stay well below this.
const spellingLengthMax = 64;
const e164DigitsMax = 15;
const canonicalSpelling = /^\+[1-9][0-9]{6,14}$/;

/** Whether a text message can arrive there; a landline cannot show one. */
export function canReceiveText(phone: PhoneRecipient): boolean {
  return phone.lineType !== 'fixed_line' && !refusedLineTypes.has(phone.lineType);
}

export function parsePhoneRecipient(
  input: string,
  options: PhoneNumberOptions,
): Result<PhoneRecipient> {
  const { pointer } = options;
  const country = options.country?.toUpperCase();
  if (country !== undefined && !isSupportedCountry(country)) {
    return refuse(
      'recipient_invalid',
      'The country is not one with phone numbers of its own. Give its two-letter ISO 3166 code.',
      { pointer: '/country' },
    );
  }
  const dialled = readDialledDigits(input, pointer);
  if (!dialled.ok) return dialled;
  const digits = dialled.value;
  const known = canonicalSpelling.test(digits) ? findKnownNumber(digits) : null;
  if (known !== null) {
    const lineType = lineTypeOf(known.callingCode, known.type);
    return acceptLine({ canonical: digits, country: known.country, lineType }, pointer);
  }
  const isInternational = digits.startsWith('+');
  if (!isInternational && country === undefined) return refuseWithoutCountry(pointer);
  const parsed =
    isInternational || country === undefined
      ? parsePhoneNumber(digits, { extract: false })
      : parsePhoneNumber(digits, { defaultCountry: country, extract: false });
  return parsed === undefined ? refuseUnknownNumber(pointer) : classify(parsed, options);
}

type ParsedNumber = NonNullable<ReturnType<typeof parsePhoneNumber>>;

function classify(parsed: ParsedNumber, options: PhoneNumberOptions): Result<PhoneRecipient> {
  const { pointer } = options;
  if (parsed.carrierCode !== undefined) return refuseExtras(pointer);
  const canonical: string = parsed.number;
  if (canonical.length > e164DigitsMax + 1) return refuseUnknownNumber(pointer);
  // A number has a type exactly when it is valid, so asking for the type answers both; asking
  // isValid() as well would match the same patterns again.
  const type = parsed.getType();
  const lineType = lineTypeOf(parsed.countryCallingCode, type);
  if (type === undefined && !refusedLineTypes.has(lineType)) {
    if (options.allowUnknownRanges !== true || !parsed.isPossible()) {
      return refuseUnknownNumber(pointer);
    }
    return acceptUnknownRange(canonical, pointer, lineType);
  }
  return acceptLine({ canonical, country: parsed.country ?? null, lineType }, pointer);
}

function lineTypeOf(callingCode: string, type: string | undefined): LineType {
  const ofNumber = type === undefined ? undefined : lineTypes[type];
  return globalNetworks[callingCode] ?? ofNumber ?? 'unknown';
}

function acceptLine(
  line: { canonical: string; country: string | null; lineType: LineType },
  pointer: string,
): Result<PhoneRecipient> {
  if (refusedLineTypes.has(line.lineType)) {
    return refuse(
      'recipient_unsupported',
      `No code is sent to ${describe(line.lineType)} numbers. ` +
        'Ask for a number that a person answers.',
      { pointer },
    );
  }
  return ok({ kind: 'phone', limitKey: line.canonical, ...line });
}

/**
 * Without a pattern that it matches, a number may lose one more trunk zero each time it is read,
 * and its country is the caller's guess. Only one that reads as itself is taken, as it then reads.
 */
function acceptUnknownRange(
  canonical: string,
  pointer: string,
  lineType: LineType,
): Result<PhoneRecipient> {
  const again = parsePhoneNumber(canonical, { extract: false });
  if (again?.number !== canonical || !again.isPossible()) return refuseUnknownNumber(pointer);
  const country = again.country ?? null;
  return ok({ kind: 'phone', canonical, limitKey: canonical, country, lineType });
}

/** The number as dialled: an optional leading plus, then ASCII digits only. */
function readDialledDigits(input: string, pointer: string): Result<string> {
  if (canonicalSpelling.test(input)) return ok(input);
  if (input.length > spellingLengthMax) return refuseUnknownNumber(pointer);
  const start = skipTelScheme(input);
  let dialled = '';
  for (let index = start; index < input.length; index += 1) {
    const unit = input.charCodeAt(index);
    const digit = digitValue(unit);
    if (digit !== null) dialled += digit;
    else if (isPlus(unit) && dialled === '') dialled = '+';
    else if (!isSeparator(unit)) return refuseExtras(pointer);
  }
  // 00 leads abroad from most countries (ITU-T E.123) and begins no national number, so it means
  // a plus whatever `country` says; 011 and its like are left to the rules of that country.
  return ok(dialled.startsWith('00') ? `+${dialled.slice(2)}` : dialled);
}

/** Where the number begins: behind blanks and the scheme of a `tel:` URI (RFC 3966). */
function skipTelScheme(input: string): number {
  let start = 0;
  while (start < input.length && isBlankOrDash(input.charCodeAt(start))) start += 1;
  return input.slice(start, start + 4).toLowerCase() === 'tel:' ? start + 4 : 0;
}

function isPlus(unit: number): boolean {
  return unit === 0x2b || unit === 0xff0b;
}

const punctuation = new Set(Array.from('().[]/\uff08\uff09\uff0e\uff0f', (c) => c.charCodeAt(0)));

function isSeparator(unit: number): boolean {
  return isBlankOrDash(unit) || punctuation.has(unit);
}

type Refused = { readonly ok: false; readonly error: Refusal };

function refuseUnknownNumber(pointer: string): Refused {
  return refuse(
    'recipient_invalid',
    'No phone can have this number. Look for a missing or extra digit or a wrong country code.',
    { pointer },
  );
}

function refuseWithoutCountry(pointer: string): Refused {
  return refuse(
    'recipient_invalid',
    'The number does not say its country. Write it as +<country code> and the number, ' +
      'or give `country`.',
    { pointer },
  );
}

function refuseExtras(pointer: string): Refused {
  return refuse(
    'recipient_invalid',
    'A phone number is digits, without letters, extensions and carrier codes. ' +
      'An e-mail address needs an @.',
    { pointer },
  );
}

function describe(lineType: LineType): string {
  return lineType === 'uan' ? 'company-wide' : lineType.replace('_', '-');
}
