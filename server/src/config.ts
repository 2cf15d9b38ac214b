/**
 * Every setting, once: how it is read, what holds when it is not set, and what it is for. Each is
 * an environment variable `WATCHWORD_…` and a key of the JSON file that WATCHWORD_CONFIG names;
 * the environment wins. What is wrong is told in sentences, all of them at once.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type FacadeName, facadeNames } from '#compat/names.ts';
import { ok, type Result } from '#domain/refusal.ts';
import { parseEgressAllow } from '#providers/egress/allow-list.ts';
import { parseKeyRing } from '#service/key-ring.ts';
import { parseConnectionUrl } from '#storage/postgres/connection-url.ts';
import { kafkaMistakes } from './kafka-mistakes.ts';
import { kafkaSettings } from './kafka-settings.ts';
import { optional, type Setting, setting } from './setting.ts';
import {
  baseUrl,
  mustBe,
  objectList,
  oneOf,
  parseJson,
  type Reader,
  text,
  textList,
  wholeNumber,
} from './setting-readers.ts';

/**
 * `dev` and `serve` run a server; `tool` is every other command. Without a key ring a tool works on
 * a development folder, so it has the defaults of development.
 */
export type Mode = 'dev' | 'serve' | 'tool';

export type Environment = Readonly<Record<string, string | undefined>>;

const keyRing: Reader<string | null> = (raw) => {
  if (typeof raw !== 'string') return mustBe('id:base64 pairs separated by commas');
  const ring = parseKeyRing(raw);
  return ring.ok ? ok(raw) : { ok: false, error: `is no key ring. ${joined(ring.mistakes)}` };
};

/** As `api/authenticate.ts` takes one: any other key could be set, but never be sent. */
const apiKey: Reader<string | null> = (raw) =>
  typeof raw === 'string' && /^[A-Za-z0-9._~+/=-]{8,200}$/.test(raw)
    ? ok(raw)
    : mustBe('8 to 200 characters of letters, digits and . _ ~ + / = -');

/** Read once more where it is used; here it is told beside every other mistake. */
const databaseUrl: Reader<string | null> = (raw) => {
  if (typeof raw !== 'string') return mustBe('an address that begins with postgres://');
  const reading = parseConnectionUrl(raw);
  return reading.ok ? ok(raw) : reading;
};

const egressAllow: Reader<readonly string[]> = (raw) => {
  const entries = textList(100)(raw);
  if (!entries.ok) return entries;
  const reading = parseEgressAllow(entries.value.join(','));
  return reading.ok ? entries : { ok: false, error: `is wrong. ${joined(reading.error)}` };
};

const facades: Reader<readonly FacadeName[]> = (raw) => {
  if (raw === 'all') return ok(facadeNames);
  if (raw === 'none') return ok([]);
  const entries = textList(20)(raw);
  const isKnown =
    entries.ok && entries.value.every((name) => facadeNames.some((one) => one === name));
  return isKnown
    ? ok(facadeNames.filter((name) => entries.value.includes(name)))
    : mustBe(`"all", "none", or names from this list: ${facadeNames.join(', ')}`);
};

/** Sentences of another reader, without the full stop that closes every mistake here. */
function joined(sentences: readonly string[]): string {
  return sentences.join(' ').replace(/\.$/, '');
}

export const settings = {
  host: setting({
    read: text(255),
    default: '127.0.0.1',
    purpose: 'The address to listen on.',
  }),
  port: setting({
    read: wholeNumber(0, 65_535),
    default: 8080,
    purpose: 'The port to listen on; 0 picks a free one.',
  }),
  data: setting({
    read: text(1_000),
    default: './data',
    purpose: 'The folder of the embedded database, created with mode 0700.',
  }),
  databaseUrl: setting({
    read: databaseUrl,
    default: null,
    isSecret: true,
    purpose: 'The PostgreSQL database to work on, instead of the embedded one.',
  }),
  keys: setting({
    read: keyRing,
    default: null,
    isSecret: true,
    purpose: 'The key ring that codes and recipients are sealed under, newest key first.',
  }),
  devApiKey: setting({
    read: apiKey,
    default: null,
    isSecret: true,
    purpose: 'Fixes the API key of the development server, for test suites.',
  }),
  publicUrl: setting({
    read: optional(baseUrl),
    default: null,
    purpose: 'The address that absolute URLs in answers begin with.',
  }),
  trustedHops: setting({
    read: wholeNumber(0, 16),
    default: 0,
    purpose: 'How many proxies in front are trusted to tell the address of a client.',
  }),
  egressAllow: setting<readonly string[]>({
    read: egressAllow,
    default: [],
    purpose: 'What outbound calls may reach although it is private.',
  }),
  providers: setting<readonly object[]>({
    read: objectList(100),
    default: [],
    developmentDefault: [{ name: 'sandbox', kind: 'sandbox' }],
    isSecret: true,
    purpose: 'Who carries messages: a JSON array, tried in its order on each channel.',
  }),
  facades: setting<readonly FacadeName[]>({
    read: facades,
    default: facadeNames,
    purpose: 'Which façades answer: all, none, or a list of their names.',
  }),
  deliveryAttemptTimeoutSeconds: setting({
    // May be longer than the lease of a message: a node renews what it has in its hands.
    read: wholeNumber(1, 15),
    default: 10,
    purpose: 'How long one hand-over to a provider may take.',
  }),
  shutdownTimeoutSeconds: setting({
    read: wholeNumber(1, 300),
    default: 15,
    purpose: 'How long a stopping server waits for what is in flight.',
  }),
  logLevel: setting({
    read: oneOf(['debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    purpose: 'The least important kind of line that is logged.',
  }),
  ...kafkaSettings,
} as const;

export type SettingKey = keyof typeof settings;

type ValueOf<One> = One extends Setting<infer Value> ? Value : never;

/** `data` is an absolute path; everything else is as the readers yield it. */
export type Config = { readonly [Key in SettingKey]: ValueOf<(typeof settings)[Key]> };

/** Variables of ours that are no settings. */
export const otherVariables = ['WATCHWORD_CONFIG', 'WATCHWORD_API_KEY'];
/** Begins the names of variables that hold secrets of providers. */
export const secretVariablePrefix = 'WATCHWORD_SECRET_';

const prefix = 'WATCHWORD_';
const fileBytesMax = 1024 * 1024;

/** `trustedHops` as `WATCHWORD_TRUSTED_HOPS`. */
export function variableOf(key: string): string {
  return prefix + key.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase();
}

export const settingKeys = Object.keys(settings) as readonly SettingKey[];

/** Reads all settings, or tells everything that is wrong with them. */
export function readConfig(
  environment: Environment,
  mode: Mode,
): Result<Config, readonly string[]> {
  const file = readFile(environment['WATCHWORD_CONFIG']);
  if (!file.ok) return file;
  const mistakes = [...unknownVariables(environment), ...unknownKeys(file.value)];
  const hasKeys = (environment[variableOf('keys')] || file.value['keys']) !== undefined;
  const isDevelopment = mode === 'dev' || (mode === 'tool' && !hasKeys);
  const entries = settingKeys.map((key) => {
    const reading = readSetting(key, environment, file.value, isDevelopment);
    if (!reading.ok) mistakes.push(reading.error);
    return [key, reading.ok ? reading.value : settings[key].default] as const;
  });
  // The table ties each key to its type; `fromEntries` forgets that.
  const values = Object.fromEntries(entries) as Config;
  const config: Config = { ...values, data: resolve(values.data) };
  if (mode === 'serve') mistakes.push(...productionMistakes(config));
  const nameOf = (key: SettingKey) => nameRead(key, environment, file.value) ?? variableOf(key);
  mistakes.push(...kafkaMistakes(config, mode === 'serve', nameOf));
  return mistakes.length > 0 ? { ok: false, error: mistakes } : ok(config);
}

function readSetting(
  key: SettingKey,
  environment: Environment,
  file: Readonly<Record<string, unknown>>,
  isDevelopment: boolean,
): Result<unknown, string> {
  const { read, isSecret, ...presets }: Setting<unknown> = settings[key];
  const variable = variableRead(key, environment);
  const fromEnvironment = variable === undefined ? undefined : environment[variable];
  const raw = fromEnvironment ?? file[key] ?? undefined;
  if (raw === undefined) {
    return ok((isDevelopment ? presets.developmentDefault : undefined) ?? presets.default);
  }
  const reading = read(raw);
  if (reading.ok) return reading;
  const name = nameRead(key, environment, file);
  const found = reading.error.startsWith('must be') && isSecret !== true;
  return { ok: false, error: `${name} ${reading.error}${found ? `, not ${shown(raw)}` : ''}.` };
}

/** An empty variable counts as unset: compose files write them for what is not given. */
function variableRead(key: SettingKey, environment: Environment): string | undefined {
  const { alsoReadAs = [] }: Setting<unknown> = settings[key];
  return [variableOf(key), ...alsoReadAs].find((name) => environment[name]);
}

/** Where its value stands; undefined where it has its default. */
function nameRead(
  key: SettingKey,
  environment: Environment,
  file: Readonly<Record<string, unknown>>,
): string | undefined {
  const isInFile = (file[key] ?? undefined) !== undefined;
  return variableRead(key, environment) ?? (isInFile ? `"${key}" in the file` : undefined);
}

function productionMistakes(config: Config): string[] {
  const mistakes: string[] = [];
  if (config.keys === null) {
    mistakes.push(
      'WATCHWORD_KEYS is not set, and `watchword serve` seals everything under it. Make a key ' +
        'with `watchword keys generate` and keep it apart from the data folder.',
    );
  }
  if (config.devApiKey !== null) {
    mistakes.push(
      'WATCHWORD_DEV_API_KEY is for `watchword dev` only. Remove it, and make keys with ' +
        '`watchword api-key create`.',
    );
  }
  return mistakes;
}

function unknownVariables(environment: Environment): string[] {
  const known = new Set([...settingKeys.map(variableOf), ...otherVariables]);
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !name.startsWith(secretVariablePrefix))
    .filter((name) => !known.has(name))
    .sort()
    .map((name) => `${shown(name)} is not a setting. Correct its name, or remove it.`);
}

function unknownKeys(file: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(file)
    .filter((key) => !Object.hasOwn(settings, key))
    .map(
      (key) => `${shown(key)} in the configuration file is not a setting. Correct or remove it.`,
    );
}

function readFile(path: string | undefined): Result<Record<string, unknown>, readonly string[]> {
  if (path === undefined || path === '') return ok({});
  const complain = (what: string): { ok: false; error: string[] } => ({
    ok: false,
    error: [`The file that WATCHWORD_CONFIG names, ${shown(path)}, ${what}`],
  });
  let source: string;
  try {
    if (statSync(path).size > fileBytesMax) return complain('is larger than 1 MiB.');
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return complain(`cannot be read (${code}). Correct the path, or make the file readable.`);
  }
  const value = parseJson(source);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? ok({ ...value })
    : complain('does not hold a JSON object.');
}

/** A value as far as a sentence has room for it. */
function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 80);
}
