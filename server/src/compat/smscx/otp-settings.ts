/**
 * The OTP tab of an application's settings, in the vendor's words: `settings.facades.smscx`. What
 * is not set there is as the application has it elsewhere; a request beats both.
 */
import type { ApplicationSettings } from '#domain/application.ts';
import { lifetimeFor } from '#domain/application.ts';
import type { CodeAlphabet } from '#domain/code.ts';
import type { OwnSettings } from '#domain/facade-settings.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { checkSender } from '#domain/sender.ts';
import { checkTemplate } from '#domain/template.ts';
import { checkVariables, valueCharactersMax } from '#domain/template-variables.ts';
import type { FacadeDefinition } from '#service/facade-port.ts';

export const otpBounds = {
  ttl: { min: 60, max: 1_800 },
  maxAttempts: { min: 1, max: 10 },
  pinLength: { min: 4, max: 10 },
  from: { min: 3, max: 15 },
} as const;

export const alphabets: Readonly<Record<string, CodeAlphabet>> = Object.assign(
  Object.create(null),
  { letters: 'letters', numbers: 'digits', alphanumeric: 'alphanumeric' },
);

/** `template` is for every language that has none of its own, `template_fr` for French numbers. */
export const templateName = /^template(?:_[a-z]{2})?$/;

/** Blanks may stand inside, as everywhere; the vendor's placeholder must be there by its name. */
export function hasPin(template: string): boolean {
  return /\{\{\s*pin\s*\}\}/.test(template);
}

/** What the vendor's general placeholders stand for: each application has values of its own. */
const placeholderNames = ['companyName', 'companyUrl', 'companyEmail', 'companyPhone', 'appTrack'];

export interface OtpSettings {
  /** By the names of the fields. */
  readonly templates: Readonly<Record<string, string>>;
  readonly placeholders: Readonly<Record<string, string>>;
  readonly from: string | null;
  readonly pinType: string;
  readonly pinLength: number;
  readonly ttl: number;
  readonly maxAttempts: number;
  readonly otpCallback: string | null;
}

const settingsOf = new WeakMap<ApplicationSettings, OtpSettings>();

/** The settings in force, within the bounds that the vendor has; made once for each reading. */
export function otpSettingsOf(settings: ApplicationSettings): OtpSettings {
  const known = settingsOf.get(settings);
  if (known !== undefined) return known;
  const own = (settings.facades['smscx'] ?? {}) as Partial<OtpSettings>;
  const { code, checksMax, sender, callbackUrl } = settings;
  const pinType = Object.keys(alphabets).find((name) => alphabets[name] === code.alphabet);
  const texts = Object.entries(own) as [string, string][];
  const made: OtpSettings = {
    templates: Object.fromEntries(texts.filter(([name]) => templateName.test(name))),
    placeholders: Object.fromEntries(texts.filter(([name]) => placeholderNames.includes(name))),
    from: own.from ?? sender,
    pinType: own.pinType ?? pinType ?? 'numbers',
    pinLength: own.pinLength ?? code.length,
    ttl: own.ttl ?? within(otpBounds.ttl, lifetimeFor(settings, ['sms'])),
    maxAttempts: own.maxAttempts ?? checksMax,
    otpCallback: own.otpCallback ?? callbackUrl,
  };
  settingsOf.set(settings, made);
  return made;
}

function within({ min, max }: { min: number; max: number }, value: number): number {
  return Math.min(max, Math.max(min, value));
}

/** Changes come through `/v1/application`, so what is wrong with them is said in our words. */
export const readOtpSettings: FacadeDefinition['readSettings'] = (before, patch, { checkUrl }) => {
  const after = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) after.delete(name);
    if (value === null || value === undefined) continue;
    const checked = checkSetting(name, value);
    if (!checked.ok) return checked;
    if (name === 'otpCallback') {
      const url = checkUrl(String(value), '/otpCallback');
      if (!url.ok) return url;
    }
    after.set(name, value);
  }
  return ok(Object.fromEntries(after) as OwnSettings);
};

function checkSetting(name: string, value: unknown): Result<null> {
  if (templateName.test(name)) return checkText(name, value);
  if (placeholderNames.includes(name)) return checkPlaceholder(name, value);
  switch (name) {
    case 'from':
      return checkFrom(value);
    case 'pinType':
      return typeof value === 'string' && alphabets[value] !== undefined
        ? ok(null)
        : mistake(name, `must be one of ${Object.keys(alphabets).join(', ')}`);
    case 'ttl':
    case 'maxAttempts':
    case 'pinLength': {
      const { min, max } = otpBounds[name];
      const isWithin = Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
      return isWithin ? ok(null) : mistake(name, `must be a whole number from ${min} to ${max}`);
    }
    case 'otpCallback':
      return typeof value === 'string' ? ok(null) : mistake(name, 'must be a URL');
    default:
      return refuse(
        'request_invalid',
        'The façade smscx has no such setting. Its settings are: template, template_xx ' +
          '(xx a language), from, pinType, pinLength, ttl, maxAttempts, otpCallback, ' +
          `${placeholderNames.join(', ')}.`,
        { pointer: `/${name}` },
      );
  }
}

function checkText(name: string, text: unknown): Result<null> {
  if (typeof text !== 'string' || !hasPin(text)) {
    return mistake(name, 'must be a text with the placeholder {{pin}}');
  }
  const parts = {
    channel: 'sms',
    language: 'en',
    prefix: null,
    subject: null,
    html: null,
  } as const;
  const variants = [{ ...parts, text }];
  const checked = checkTemplate({ name: 'otp', state: 'approved', purposes: [], variants });
  return checked.ok ? ok(null) : mistake(name, `cannot be sent: ${checked.error.detail}`);
}

function checkPlaceholder(name: string, value: unknown): Result<null> {
  const isValue = typeof value === 'string' && value !== '' && checkVariables({ [name]: value }).ok;
  return isValue
    ? ok(null)
    : mistake(name, `must be a text of 1 to ${valueCharactersMax} characters on one line`);
}

function checkFrom(value: unknown): Result<null> {
  const isSender =
    typeof value === 'string' && value.length >= otpBounds.from.min && checkSender(value, 'sms').ok;
  return isSender
    ? ok(null)
    : mistake('from', 'must be a name of 3 to 11 characters, or a number of 3 to 15 digits');
}

function mistake(name: string, detail: string): Result<never> {
  return refuse('request_invalid', `The setting "${name}" ${detail.replace(/\.$/, '')}.`, {
    pointer: `/${name}`,
  });
}
