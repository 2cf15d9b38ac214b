/**
 * Reads changes of an application's settings. Doors hand over untyped values; this file says, field
 * by field, what is allowed. A change holds as a whole or not at all.
 */
import {
  type ApplicationSettings,
  allChannels,
  defaultSettings,
  settingBounds,
} from '#domain/application.ts';
import { type Balance, balanceMessagesMax } from '#domain/balance.ts';
import { codeLengthMax, codeLengthMin, codeLengthSafeMin } from '#domain/code.ts';
import { type FacadeSettingsReaders, readFacadeSettings } from '#domain/facade-settings.ts';
import { limitBounds, type SendLimits } from '#domain/limits.ts';
import { type Money, parseMoney } from '#domain/money.ts';
import { ok, type Refusal, type Result, refuse } from '#domain/refusal.ts';
import { checkSender } from '#domain/sender.ts';
import { languagePattern, templateNamePattern } from '#domain/template.ts';

type Reader<Value> = (input: unknown, before: Value) => Value | Mistake;

/** What is wrong with a value, with the rest of the pointer to it. */
class Mistake {
  readonly detail: string;
  readonly pointer: string;
  constructor(detail: string, pointer = '') {
    this.detail = detail;
    this.pointer = pointer;
  }
}

/** Façades bring the readers of their own settings. */
type OwnKey = Exclude<keyof ApplicationSettings, 'facades'>;

const readers: { [Key in OwnKey]: Reader<ApplicationSettings[Key]> } = {
  template: nullable(text(templateNamePattern, 'the name of a template')),
  sender: nullable(readSender),
  language: text(languagePattern, 'a language tag such as "en" or "pt-BR" (BCP 47)'),
  channel: nullable(oneOf(allChannels)),
  channels: list(oneOf(allChannels), { min: 1, max: allChannels.length }),
  code: readCode,
  allowShortCodes: boolean,
  lifetimeSeconds: nullable(whole(settingBounds.lifetimeSeconds)),
  lifetimeSecondsMax: whole(settingBounds.lifetimeSeconds),
  checksMax: whole(settingBounds.checksMax),
  secondStart: oneOf(['supersede', 'reuse', 'redirect', 'reject'] as const),
  resendCode: oneOf(['new', 'same'] as const),
  sendsMax: whole(settingBounds.sendsMax),
  resendWaitsSeconds: readWaits,
  allowRepeatedCode: boolean,
  allowLandlineTexts: boolean,
  // Whether the address may be reached is the egress guard's to say.
  callbackUrl: nullable(text(/^https?:\/\/\S{1,2000}$/, 'an absolute http or https URL')),
  countries: readCountries,
  country: nullable(text(/^[A-Z]{2}$/, 'an ISO 3166-1 code such as "DE"')),
  dailyBudget: nullable(readMoney),
  countryDailyBudgets: readCountryBudgets,
  balance: nullable(readBalance),
  providers: readProviders,
  limits: readLimits,
  proofLifetimeSeconds: whole(settingBounds.proofLifetimeSeconds),
  proofIncludesRecipient: boolean,
  transactionRequiredAtCheck: boolean,
};

export const settingNames = [
  ...Object.keys(readers),
  'facades',
] as readonly (keyof ApplicationSettings)[];

/** The settings after the change. `null` puts a field back to the product's default. */
export function readSettings(
  before: ApplicationSettings,
  patch: Readonly<Record<string, unknown>>,
  facades: FacadeSettingsReaders = new Map(),
): Result<ApplicationSettings> {
  const after: Record<string, unknown> = { ...before };
  for (const [name, input] of Object.entries(patch)) {
    if (name === 'facades') {
      const read = readFacadeSettings(facades, before.facades, input);
      if (!read.ok) return read;
      after[name] = read.value;
      continue;
    }
    if (!Object.hasOwn(readers, name)) {
      return refuse(
        'request_invalid',
        `There is no setting "${name}". The settings are: ${settingNames.join(', ')}.`,
        { pointer: `/${name}` },
      );
    }
    const key = name as OwnKey;
    if (input === undefined) continue;
    const reader = readers[key] as Reader<unknown>;
    const value = input === null ? defaultSettings[key] : reader(input, before[key]);
    if (value instanceof Mistake) {
      return refuse('request_invalid', `The setting "${name}" ${value.detail}.`, {
        pointer: `/${name}${value.pointer}`,
      });
    }
    after[name] = value;
  }
  const settings = after as unknown as ApplicationSettings;
  const conflict = refuseConflict(settings);
  return conflict === null ? ok(settings) : { ok: false, error: conflict };
}

function refuseConflict(settings: ApplicationSettings): Refusal | null {
  const { code, allowShortCodes, lifetimeSeconds, lifetimeSecondsMax, channel } = settings;
  if (code.length < codeLengthSafeMin && !allowShortCodes) {
    return conflict(
      '/code/length',
      `Codes shorter than ${codeLengthSafeMin} need the setting "allowShortCodes".`,
    );
  }
  if (lifetimeSeconds !== null && lifetimeSeconds > lifetimeSecondsMax) {
    return conflict(
      '/lifetimeSeconds',
      `The lifetime is above "lifetimeSecondsMax", which is ${lifetimeSecondsMax}. Raise that too.`,
    );
  }
  if (channel !== null && !settings.channels.includes(channel)) {
    return conflict('/channel', `The channel ${channel} must stand in "channels" too.`);
  }
  return null;
}

function conflict(pointer: string, detail: string): Refusal {
  return refuse('request_invalid', detail, { pointer }).error;
}

function boolean(input: unknown): boolean | Mistake {
  return typeof input === 'boolean' ? input : new Mistake('must be true or false');
}

function whole({ min, max }: { min: number; max: number }): Reader<number> {
  return (input) =>
    typeof input === 'number' && Number.isInteger(input) && input >= min && input <= max
      ? input
      : new Mistake(`must be a whole number from ${min} to ${max}`);
}

function text(pattern: RegExp, what: string): Reader<string> {
  return (input) =>
    typeof input === 'string' && input.length <= 2_048 && pattern.test(input)
      ? input
      : new Mistake(`must be ${what}`);
}

function oneOf<Word extends string>(words: readonly Word[]): Reader<Word> {
  return (input) =>
    words.find((word) => word === input) ?? new Mistake(`must be one of ${words.join(', ')}`);
}

function nullable<Value>(reader: Reader<Value>): Reader<Value | null> {
  return (input, before) => reader(input, before as Value);
}

function list<Item>(
  reader: Reader<Item>,
  { min, max }: { min: number; max: number },
): Reader<readonly Item[]> {
  return (input) => {
    if (!Array.isArray(input) || input.length < min || input.length > max) {
      return new Mistake(`must be a list of ${min} to ${max} entries`);
    }
    const items: Item[] = [];
    for (const [index, entry] of input.entries()) {
      const item = reader(entry, entry as Item);
      if (item instanceof Mistake) return new Mistake(item.detail, `/${index}`);
      if (!items.includes(item)) items.push(item);
    }
    return items;
  };
}

/** As `list`, where a wait may stand more than once. */
function readWaits(input: unknown): readonly number[] | Mistake {
  const { min, max } = settingBounds.resendWaits;
  if (!Array.isArray(input) || input.length < min || input.length > max) {
    return new Mistake(`must be a list of ${min} to ${max} waiting times in seconds`);
  }
  const wait = whole(settingBounds.resendWaitSeconds);
  const waits: number[] = [];
  for (const [index, entry] of input.entries()) {
    const seconds = wait(entry, 0);
    if (seconds instanceof Mistake) return new Mistake(seconds.detail, `/${index}`);
    waits.push(seconds);
  }
  return waits;
}

function readSender(input: unknown): string | Mistake {
  if (typeof input !== 'string') return new Mistake('must be a string');
  return checkSender(input, 'sms').ok
    ? input
    : new Mistake('must be a name of at most 11 characters, or a number');
}

function readCode(
  input: unknown,
  before: ApplicationSettings['code'],
): ApplicationSettings['code'] | Mistake {
  const fields = readObject(input, ['alphabet', 'length']);
  if (fields instanceof Mistake) return fields;
  const alphabet = oneOf(['digits', 'letters', 'alphanumeric'] as const)(
    fields['alphabet'] ?? before.alphabet,
    before.alphabet,
  );
  if (alphabet instanceof Mistake) return new Mistake(alphabet.detail, '/alphabet');
  const length = whole({ min: codeLengthMin, max: codeLengthMax })(
    fields['length'] ?? before.length,
    before.length,
  );
  if (length instanceof Mistake) return new Mistake(length.detail, '/length');
  return { alphabet, length };
}

function readCountries(input: unknown): readonly string[] | 'all' | Mistake {
  if (input === 'all') return 'all';
  const country = text(/^[A-Z]{2}$/, 'a list of ISO 3166-1 codes such as "DE", or "all"');
  return list(country, { min: 0, max: 300 })(input, []);
}

function readMoney(input: unknown): Money | Mistake {
  const fields = readObject(input, ['amount', 'currency']);
  if (fields instanceof Mistake) return fields;
  const { amount, currency } = fields;
  if (typeof amount !== 'string' || typeof currency !== 'string') {
    return new Mistake('must be {"amount": "12.50", "currency": "EUR"}');
  }
  const money = parseMoney({ amount, currency }, '');
  return money.ok ? money.value : new Mistake('needs a decimal amount and a currency code');
}

function readCountryBudgets(input: unknown): Readonly<Record<string, Money>> | Mistake {
  const fields = readObject(input, null);
  if (fields instanceof Mistake) return fields;
  const budgets: Record<string, Money> = {};
  for (const [country, value] of Object.entries(fields)) {
    if (!/^[A-Z]{2}$/.test(country)) return new Mistake('needs ISO 3166-1 codes as names');
    const money = readMoney(value);
    if (money instanceof Mistake) return new Mistake(money.detail, `/${country}`);
    budgets[country] = money;
  }
  return budgets;
}

function readBalance(input: unknown): Balance | Mistake {
  const fields = readObject(input, ['messages']);
  if (fields instanceof Mistake) return fields;
  const messages = whole({ min: 0, max: balanceMessagesMax })(fields['messages'], 0);
  return messages instanceof Mistake ? new Mistake(messages.detail, '/messages') : { messages };
}

function readProviders(input: unknown): ApplicationSettings['providers'] | Mistake {
  const fields = readObject(input, allChannels);
  if (fields instanceof Mistake) return fields;
  const routes: Partial<Record<string, readonly string[]>> = {};
  const name = text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'names of configured providers');
  for (const [channel, value] of Object.entries(fields)) {
    const names = list(name, { min: 1, max: 10 })(value, []);
    if (names instanceof Mistake) return new Mistake(names.detail, `/${channel}`);
    routes[channel] = names;
  }
  return routes;
}

function readLimits(input: unknown, before: SendLimits): SendLimits | Mistake {
  const names = Object.keys(limitBounds) as (keyof SendLimits)[];
  const fields = readObject(input, names);
  if (fields instanceof Mistake) return fields;
  const limits = { ...before };
  for (const name of names) {
    if (fields[name] === undefined) continue;
    const value = whole(limitBounds[name])(fields[name], before[name]);
    if (value instanceof Mistake) return new Mistake(value.detail, `/${name}`);
    limits[name] = value;
  }
  return limits;
}

/** A plain object with no other names than these (null: any). */
function readObject(
  input: unknown,
  names: readonly string[] | null,
): Readonly<Record<string, unknown>> | Mistake {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) {
    return new Mistake('must be an object');
  }
  for (const name of Object.keys(input)) {
    if (names !== null && !names.includes(name)) {
      return new Mistake(`has no field "${name}"; its fields are ${names.join(', ')}`, `/${name}`);
    }
  }
  return input as Record<string, unknown>;
}
