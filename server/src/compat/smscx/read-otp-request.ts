/**
 * Reads `POST /otp`. Mistakes are looked for in the order of the vendor's codes, and the first one
 * is answered. Numbers may come as texts, as the vendor's own samples send them; fields that are
 * null count as not given, and fields that the vendor does not have are passed over.
 */
import { errors, type VendorError } from '#compat/smscx/errors.ts';
import { languageOfCountry } from '#compat/smscx/number-language.ts';
import {
  alphabets,
  hasPin,
  type OtpSettings,
  otpBounds,
  templateName,
} from '#compat/smscx/otp-settings.ts';
import { type PhoneRecipient, parsePhoneRecipient } from '#domain/phone-number.ts';
import { ok, type Result } from '#domain/refusal.ts';
import { checkSender } from '#domain/sender.ts';
import type { StartRequest } from '#service/requests.ts';

type Read<Value> = Result<Value, VendorError>;
type Given = (name: string) => string | undefined;

/** What is asked of the service, with everything that the answer shows again. */
export interface OtpRequest extends StartRequest {
  readonly lifetimeSeconds: number;
  readonly checksMax: number;
}

/** Null where the body is no object. */
export function readFields(body: unknown): Given | null {
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) {
    return null;
  }
  const fields = (body ?? {}) as Readonly<Record<string, unknown>>;
  return (name) => (Object.hasOwn(fields, name) ? textOf(fields[name]) : undefined);
}

/** What is no text, number or truth value is there and says nothing. */
function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return value.toWellFormed();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function readOtpRequest(
  body: unknown,
  settings: OtpSettings,
  usualCountry: string | null,
): Read<OtpRequest> {
  const given = readFields(body);
  if (given === null) return wrong(errors.bodyInvalid);
  const names = Object.keys((body ?? {}) as object);
  const typed = given('phoneNumber') || given('to');
  if (typed === undefined || typed === '') return wrong(errors.phoneNumberEmpty);
  const country = given('countryIso');
  if (country === '') return wrong(errors.countryEmpty);
  if (country !== undefined && !isCountry(country)) return wrong(errors.countryInvalid);
  const from = given('from');
  const texts = names.filter((name) => templateName.test(name) && given(name) !== undefined);
  const mistake = mistakeInFrom(from) ?? mistakeInTexts(texts, given);
  if (mistake !== null) return wrong(mistake);
  const ttl = readNumber(given('ttl') ?? settings.ttl, numbers.ttl);
  if (!ttl.ok) return ttl;
  const maxAttempts = readNumber(given('maxAttempts') ?? settings.maxAttempts, numbers.maxAttempts);
  if (!maxAttempts.ok) return maxAttempts;
  const pinType = given('pinType') ?? settings.pinType;
  const alphabet = alphabets[pinType];
  if (alphabet === undefined) {
    return wrong(pinType === '' ? errors.pinTypeEmpty : errors.pinTypeUnknown);
  }
  const length = readNumber(given('pinLength') ?? settings.pinLength, numbers.pinLength);
  if (!length.ok) return length;
  const trackId = given('trackId');
  if (trackId !== undefined && !uuid.test(trackId)) return wrong(errors.trackIdInvalid);
  const callbackUrl = given('otpCallbackUrl') ?? settings.otpCallback;
  if (callbackUrl !== null && !isUrl(callbackUrl)) return wrong(errors.callbackUrlInvalid);
  const phone = readPhone(typed, country, usualCountry);
  if (!phone.ok) return phone;
  const language = languageOfCountry(phone.value.country);
  const ownTexts = Object.fromEntries(texts.map((name) => [name, given(name) ?? '']));
  const text = chooseText(ownTexts, language) ?? chooseText(settings.templates, language);
  const sender = senderOf(from) ?? senderOf(settings.from ?? undefined);
  return ok({
    recipient: phone.value.canonical,
    channel: 'sms',
    language,
    lifetimeSeconds: ttl.value,
    checksMax: maxAttempts.value,
    code: { alphabet, length: length.value },
    variables: settings.placeholders,
    ...(text === undefined ? {} : { text }),
    ...(sender === undefined ? {} : { sender }),
    ...(callbackUrl === null ? {} : { callbackUrl }),
    ...(trackId === undefined ? {} : { reference: trackId }),
  });
}

/** Versions 1 to 5 (RFC 9562), in either case. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

const numbers = {
  ttl: {
    ...otpBounds.ttl,
    noNumber: errors.ttlNoNumber,
    low: errors.ttlLow,
    high: errors.ttlHigh,
  },
  maxAttempts: {
    ...otpBounds.maxAttempts,
    noNumber: errors.maxAttemptsNoNumber,
    low: errors.maxAttemptsLow,
    high: errors.maxAttemptsHigh,
  },
  pinLength: {
    ...otpBounds.pinLength,
    noNumber: errors.pinLengthNoNumber,
    low: errors.pinLengthLow,
    high: errors.pinLengthHigh,
  },
};

function readNumber(
  given: string | number,
  of: { min: number; max: number; noNumber: VendorError; low: VendorError; high: VendorError },
): Read<number> {
  if (typeof given === 'string' && !/^\s*-?[0-9]+(?:\.0+)?\s*$/.test(given)) {
    return wrong(of.noNumber);
  }
  const value = Number(given);
  if (value < of.min) return wrong(of.low);
  return value > of.max ? wrong(of.high) : ok(value);
}

function mistakeInFrom(from: string | undefined): VendorError | null {
  if (from === undefined) return null;
  if (from === '') return errors.fromEmpty;
  const { min, max } = otpBounds.from;
  return from.length < min || from.length > max ? errors.fromInvalid : null;
}

function mistakeInTexts(names: readonly string[], given: Given): VendorError | null {
  for (const name of names) {
    const text = given(name) ?? '';
    if (text === '') return errors.templateEmpty;
    if (!hasPin(text)) return errors.templateWithoutPin;
  }
  return null;
}

/** The vendor replaces a sender that it has not approved; one that no network shows is such. */
function senderOf(from: string | undefined): string | undefined {
  return from !== undefined && checkSender(from, 'sms').ok ? from : undefined;
}

function isUrl(text: string): boolean {
  return text.length <= 2_048 && /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);
}

/** That of the number's language, else the one for all; a request's own come before others. */
function chooseText(texts: Readonly<Record<string, string>>, language: string): string | undefined {
  return texts[`template_${language}`] ?? texts['template'];
}

/**
 * A number that says its country is read by that. Without one it is national in the country of the
 * call, else of the application; what is not may still be international without its plus, but not
 * where the call itself says that it is national.
 */
function readPhone(
  typed: string,
  countryIso: string | undefined,
  usualCountry: string | null,
): Read<PhoneRecipient> {
  const country = countryIso ?? usualCountry ?? undefined;
  const pointer = '/phoneNumber';
  const asTyped = parsePhoneRecipient(typed, { country, pointer });
  if (asTyped.ok) return asTyped;
  const saysCountry = /^\s*(?:tel:\s*)?(?:\+|\uff0b|00)/i.test(typed);
  if (countryIso !== undefined || saysCountry) return wrong(errors.phoneNumberInvalid);
  const international = parsePhoneRecipient(`+${typed}`, { pointer });
  if (international.ok) return international;
  const isNational = country === undefined && /^[\d\s().-]+$/.test(typed);
  return wrong(isNational ? errors.countryEmpty : errors.phoneNumberInvalid);
}

/** Whether it has phone numbers of its own. */
function isCountry(country: string): boolean {
  if (!/^[A-Za-z]{2}$/.test(country)) return false;
  const read = parsePhoneRecipient('0', { country, pointer: '/phoneNumber' });
  return read.ok || read.error.pointer !== '/country';
}

function wrong(error: VendorError): Read<never> {
  return { ok: false, error };
}
