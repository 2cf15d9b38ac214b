import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { facadeNames } from '#compat/names.ts';
import { type Environment, type Mode, readConfig, settingKeys, variableOf } from '#src/config.ts';
import { kafkaSettings } from '#src/kafka-settings.ts';

const key = `k1:${Buffer.alloc(32, 1).toString('base64')}`;

function mistakesOf(environment: Environment, mode: Mode = 'dev'): readonly string[] {
  const reading = readConfig(environment, mode);
  return reading.ok ? [] : reading.error;
}

function withFile(content: string, check: (path: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-config-'));
  try {
    const path = join(folder, 'config.json');
    writeFileSync(path, content);
    check(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('without any setting, development has a sandbox and every default', () => {
  const reading = readConfig({}, 'dev');
  assert.ok(reading.ok);
  assert.deepEqual(reading.value, {
    host: '127.0.0.1',
    port: 8080,
    data: resolve('data'),
    databaseUrl: null,
    keys: null,
    devApiKey: null,
    publicUrl: null,
    trustedHops: 0,
    egressAllow: [],
    providers: [{ kind: 'sandbox', name: 'sandbox' }],
    facades: facadeNames,
    deliveryAttemptTimeoutSeconds: 10,
    shutdownTimeoutSeconds: 15,
    logLevel: 'info',
    ...Object.fromEntries(
      Object.entries(kafkaSettings).map(([key, { default: preset }]) => [key, preset]),
    ),
  });
});

test('façades are switched on by name, all at once or not at all', () => {
  const cases = [
    ['all', facadeNames],
    ['none', []],
    [' verifynow ,', ['verifynow']],
  ] as const;
  for (const [raw, names] of cases) {
    const reading = readConfig({ WATCHWORD_FACADES: raw }, 'dev');
    assert.deepEqual(reading.ok && reading.value.facades, names);
  }
});

test('production starts with a key ring, with no provider, and without one it does not', () => {
  const reading = readConfig({ WATCHWORD_KEYS: key }, 'serve');
  assert.ok(reading.ok);
  assert.deepEqual(reading.value.providers, []);
  assert.match(mistakesOf({}, 'serve').join(), /^WATCHWORD_KEYS is not set.*keys generate/);
  assert.match(
    mistakesOf({ WATCHWORD_KEYS: key, WATCHWORD_DEV_API_KEY: 'wk_fixed' }, 'serve').join(),
    /^WATCHWORD_DEV_API_KEY is for `watchword dev` only/,
  );
});

test('a tool has the defaults of development until it is given a key ring', () => {
  const beside = (environment: Environment): readonly object[] => {
    const reading = readConfig(environment, 'tool');
    assert.ok(reading.ok);
    return reading.value.providers;
  };
  assert.equal(beside({}).length, 1);
  assert.equal(beside({ WATCHWORD_KEYS: '' }).length, 1);
  assert.equal(beside({ WATCHWORD_KEYS: key }).length, 0);
});

test('the environment wins over the file, and an empty variable is no value', () => {
  withFile(JSON.stringify({ port: 1111, host: '::1', trustedHops: null }), (path) => {
    const environment = { WATCHWORD_CONFIG: path, WATCHWORD_PORT: '2222', WATCHWORD_HOST: '' };
    const reading = readConfig(environment, 'dev');
    assert.ok(reading.ok);
    assert.equal(reading.value.port, 2222);
    assert.equal(reading.value.host, '::1');
    assert.equal(reading.value.trustedHops, 0);
  });
});

test('lists are written with commas in the environment and as arrays in the file', () => {
  const fromEnvironment = readConfig({ WATCHWORD_EGRESS_ALLOW: '10.0.0.0/8, mail:25' }, 'dev');
  assert.deepEqual(fromEnvironment.ok && fromEnvironment.value.egressAllow, [
    '10.0.0.0/8',
    'mail:25',
  ]);
  withFile('{"egressAllow": ["10.0.0.0/8", "mail:25"]}', (path) => {
    assert.deepEqual(readConfig({ WATCHWORD_CONFIG: path }, 'dev'), fromEnvironment);
  });
});

test('all mistakes are told at once, each in a sentence that names the setting', () => {
  withFile('{"prot": 1, "logLevel": "loud"}', (path) => {
    const mistakes = mistakesOf({
      WATCHWORD_CONFIG: path,
      WATCHWORD_PORT: '80800',
      WATCHWORD_TRUSTED_HOP: '1',
    });
    assert.deepEqual(mistakes, [
      '"WATCHWORD_TRUSTED_HOP" is not a setting. Correct its name, or remove it.',
      '"prot" in the configuration file is not a setting. Correct or remove it.',
      'WATCHWORD_PORT must be a whole number from 0 to 65535, not "80800".',
      '"logLevel" in the file must be one of debug, info, warn, error, silent, not "loud".',
    ]);
  });
});

const badValues: readonly (readonly [variable: string, value: string, says: RegExp])[] = [
  ['WATCHWORD_PORT', '-1', /whole number/],
  ['WATCHWORD_PORT', '8e3', /whole number/],
  ['WATCHWORD_TRUSTED_HOPS', '17', /0 to 16/],
  ['WATCHWORD_HOST', 'a\nb', /one line/],
  ['WATCHWORD_DATABASE_URL', 'postgres://u:secret@h', /names no database\. Write it as/],
  ['WATCHWORD_DATABASE_URL', 'postgres://u:sec#ret@h/d', /must be written percent-encoded/],
  ['WATCHWORD_DATABASE_URL', 'mysql://secret', /postgres:/],
  ['WATCHWORD_KEYS', 'k1:secret', /32 bytes/],
  ['WATCHWORD_KEYS', `${key},${key}`, /stands twice/],
  ['WATCHWORD_DEV_API_KEY', 'secret!', /8 to 200 characters/],
  ['WATCHWORD_DEV_API_KEY', 'secret of mine', /letters, digits and/],
  ['WATCHWORD_DEV_API_KEY', 'secret-ümlaut', /letters, digits and/],
  ['WATCHWORD_DEV_API_KEY', 'secret0', /8 to 200/],
  ['WATCHWORD_DEV_API_KEY', `secret${'0'.repeat(195)}`, /8 to 200/],
  ['WATCHWORD_PUBLIC_URL', 'ftp://example.com', /http or https/],
  ['WATCHWORD_PUBLIC_URL', 'https://u:p@example.com', /http or https/],
  ['WATCHWORD_PUBLIC_URL', 'https://example.com/?a=1', /without a query/],
  ['WATCHWORD_EGRESS_ALLOW', '10.0.0.1', /names no port/],
  ['WATCHWORD_PROVIDERS', '{"type": "secret"}', /JSON array/],
  ['WATCHWORD_PROVIDERS', '[1]', /JSON array/],
  ['WATCHWORD_LOG_LEVEL', 'INFO', /one of/],
  ['WATCHWORD_FACADES', 'verifynow,other', /"none", or names .*verifynow/],
  ['WATCHWORD_FACADES', 'ALL', /must be "all"/],
  ['WATCHWORD_DELIVERY_ATTEMPT_TIMEOUT_SECONDS', '0', /1 to 15/],
];

test('a bad value is told in one sentence that shows no secret', () => {
  for (const [variable, value, says] of badValues) {
    const mistakes = mistakesOf({ [variable]: value });
    assert.equal(mistakes.length, 1, `${variable}=${value}`);
    assert.match(mistakes[0] ?? '', says);
    assert.ok(mistakes[0]?.startsWith(variable));
    assert.ok(mistakes[0]?.endsWith('.') && !mistakes[0].endsWith('..'), mistakes[0]);
    assert.ok(!mistakes.join().includes('secret'), mistakes[0]);
  }
});

test('a fixed development key may be whatever a request can carry', () => {
  for (const apiKey of ['12345678', 'AZaz09._~+/=-', 'k'.repeat(200)]) {
    const reading = readConfig({ WATCHWORD_DEV_API_KEY: apiKey }, 'dev');
    assert.equal(reading.ok && reading.value.devApiKey, apiKey);
  }
});

test('a final slash of the public URL is dropped, a path is kept', () => {
  for (const [given, kept] of [
    ['https://example.com/', 'https://example.com'],
    ['http://example.com:81/verify/', 'http://example.com:81/verify'],
  ] as const) {
    const reading = readConfig({ WATCHWORD_PUBLIC_URL: given }, 'dev');
    assert.equal(reading.ok && reading.value.publicUrl, kept);
  }
});

test('variables for the secrets of providers are left alone', () => {
  assert.deepEqual(mistakesOf({ WATCHWORD_SECRET_FAST2SMS: 'x', WATCHWORD_API_KEY: 'y' }), []);
});

test('a file that is missing, damaged or no object is told by its path', () => {
  assert.match(mistakesOf({ WATCHWORD_CONFIG: '/nowhere/x.json' }).join(), /\(ENOENT\)/);
  for (const content of ['{', '[]', '"text"', 'null']) {
    withFile(content, (path) => {
      assert.match(mistakesOf({ WATCHWORD_CONFIG: path }).join(), /does not hold a JSON object/);
    });
  }
  withFile(`{"host": "${'a'.repeat(1024 * 1024)}"}`, (path) => {
    assert.match(mistakesOf({ WATCHWORD_CONFIG: path }).join(), /larger than 1 MiB/);
  });
});

test('the name of every setting makes one variable of capitals', () => {
  assert.equal(variableOf('trustedHops'), 'WATCHWORD_TRUSTED_HOPS');
  assert.equal(new Set(settingKeys.map(variableOf)).size, settingKeys.length);
});
