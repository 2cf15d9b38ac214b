import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ApplicationSettings, defaultSettings } from '#domain/application.ts';
import type { FacadeSettingsReaders } from '#domain/facade-settings.ts';
import { defaultLimits, limitBounds } from '#domain/limits.ts';
import { readSettings as read, settingNames } from '#domain/read-settings.ts';
import { ok, refuse } from '#domain/refusal.ts';

/** A façade that keeps whatever it is given, but for one field. */
const facades: FacadeSettingsReaders = new Map([
  [
    'vendor',
    (before, patch) =>
      'wrong' in patch
        ? refuse('request_invalid', 'It has no such field.', { pointer: '/wrong' })
        : ok({ ...before, ...patch }),
  ],
]);

const readSettings = (before: ApplicationSettings, patch: Readonly<Record<string, unknown>>) =>
  read(before, patch, facades);

/** A value other than the default for every setting: none of them conflicts with another. */
const changed: { readonly [Key in keyof ApplicationSettings]: ApplicationSettings[Key] } = {
  template: 'login',
  sender: 'ACME',
  language: 'pt-BR',
  channel: 'whatsapp',
  channels: ['sms', 'whatsapp'],
  code: { alphabet: 'alphanumeric', length: 8 },
  allowShortCodes: true,
  lifetimeSeconds: 120,
  lifetimeSecondsMax: 900,
  checksMax: 3,
  secondStart: 'reuse',
  resendCode: 'same',
  sendsMax: 3,
  resendWaitsSeconds: [0, 10, 10],
  allowRepeatedCode: true,
  allowLandlineTexts: true,
  callbackUrl: 'https://example.com/otp',
  countries: ['DE', 'FR'],
  country: 'DE',
  dailyBudget: { amount: '100', currency: 'EUR' },
  countryDailyBudgets: { DE: { amount: '12.50', currency: 'EUR' } },
  balance: { messages: 250 },
  providers: { sms: ['gateway-1', 'sandbox'] },
  limits: { ...defaultLimits, recipientSendsHourMax: 3 },
  proofLifetimeSeconds: 60,
  proofIncludesRecipient: true,
  transactionRequiredAtCheck: true,
  facades: { vendor: { pinLength: 6 } },
};

test('every setting has a reader', () => {
  assert.deepEqual([...settingNames].sort(), Object.keys(defaultSettings).sort());
});

for (const name of settingNames) {
  test(`${name} takes a value, alone or with all the others`, () => {
    const all = readSettings(defaultSettings, changed);
    assert.deepEqual(all.ok && all.value[name], changed[name]);
    const alone = readSettings(defaultSettings, { [name]: changed[name] });
    assert.ok(alone.ok, alone.ok ? '' : alone.error.detail);
    assert.deepEqual(alone.value, { ...defaultSettings, [name]: changed[name] });
  });

  test(`null puts ${name} back to its default and leaves the others`, () => {
    const result = readSettings(changed, { [name]: null });
    // Back to six digits and the default lifetime there is nothing to conflict with.
    assert.ok(result.ok, result.ok ? '' : result.error.detail);
    assert.deepEqual(result.value, { ...changed, [name]: defaultSettings[name] });
  });

  test(`${name} stays what it was when it is absent or undefined`, () => {
    const other = name === 'checksMax' ? { proofLifetimeSeconds: 90 } : { checksMax: 4 };
    const result = readSettings(changed, { ...other, [name]: undefined });
    assert.deepEqual(result.ok && result.value[name], changed[name]);
  });
}

const notWords = ['', ' ', 'x\n', 1, true, {}, []];
const wrong: { readonly [Key in keyof ApplicationSettings]: readonly unknown[] } = {
  template: [...notWords, 'a'.repeat(200), '../etc', 'log in'],
  sender: [...notWords, 'ACME & SONS', 'a'.repeat(12), 'ACME\r\nBcc', 'Раypal'],
  language: [...notWords, 'english!', 'e', 'en_US\n', 'en--US'],
  channel: [...notWords, 'SMS', 'fax', 'toString', '__proto__'],
  channels: ['sms', [], ['fax'], ['sms', 1], new Array(6).fill('sms'), { 0: 'sms', length: 1 }],
  code: [
    '6',
    6,
    [],
    { size: 6 },
    { length: 3 },
    { length: 11 },
    { length: 6.5 },
    { length: '6' },
    { length: Number.NaN },
    { alphabet: 'hex' },
    { alphabet: 7 },
  ],
  allowShortCodes: ['true', 1, 0, '', {}],
  lifetimeSeconds: [0, 29, 86_401, -300, 300.5, '300', Number.NaN, Infinity, {}, true],
  lifetimeSecondsMax: [0, 29, 86_401, '600', 600.1, Number.POSITIVE_INFINITY],
  checksMax: [0, 11, -1, 1.5, '5', Number.NaN, true, []],
  secondStart: [...notWords, 'replace', 'SUPERSEDE'],
  resendCode: [...notWords, 'other'],
  sendsMax: [0, 21, 1.5, '5', true],
  resendWaitsSeconds: [[], new Array(11).fill(30), [-1], [3_601], ['30'], [30, 0.5], 30, { 0: 30 }],
  allowRepeatedCode: ['true', 1, {}],
  allowLandlineTexts: ['true', 1, {}],
  callbackUrl: [
    ...notWords,
    'example.com',
    'ftp://example.com',
    'javascript:alert(1)',
    'https://',
    'https://a b',
    `https://example.com/${'a'.repeat(2_100)}`,
  ],
  countries: ['DE', 'ALL', ['de'], ['DEU'], [49], [null], ['DE '], { DE: true }, 1, true],
  country: [...notWords, 'de', 'DEU', 'D'],
  dailyBudget: [
    '100',
    100,
    [],
    {},
    { amount: 100, currency: 'EUR' },
    { amount: '100' },
    { amount: '-1', currency: 'EUR' },
    { amount: '1e9', currency: 'EUR' },
    { amount: '100', currency: 'euro' },
    { amount: '100', currency: 'EUR', note: 'x' },
  ],
  countryDailyBudgets: [
    [],
    'DE',
    { de: { amount: '1', currency: 'EUR' } },
    { DE: '1' },
    { DE: null },
    { DE: { amount: '1', currency: '' } },
    JSON.parse('{"__proto__": {"amount": "1", "currency": "EUR"}}'),
    { constructor: { amount: '1', currency: 'EUR' } },
  ],
  balance: [
    100,
    '100',
    [],
    {},
    { messages: -1 },
    { messages: 1.5 },
    { messages: '5' },
    { messages: 1_000_000_001 },
    { messages: 5, setAtMs: 7 },
  ],
  providers: [
    [],
    'sms',
    { fax: ['a'] },
    { sms: 'a' },
    { sms: [] },
    { sms: [1] },
    { sms: ['a b'] },
    { sms: new Array(11).fill('a') },
    JSON.parse('{"__proto__": ["a"]}'),
  ],
  limits: [
    [],
    5,
    { recipientSendsWeekMax: 5 },
    { recipientSendsHourMax: 0 },
    { recipientSendsHourMax: '5' },
    { recipientSendsDayMax: 21 },
    { recipientSendIntervalSeconds: -1 },
    { recipientSendIntervalSeconds: 3_601 },
    { addressStartsDayMax: limitBounds.addressStartsDayMax.max + 1 },
    JSON.parse('{"__proto__": {"recipientSendsHourMax": 1}}'),
  ],
  proofLifetimeSeconds: [0, 29, 3_601, '300', 30.5],
  proofIncludesRecipient: ['yes', 1, {}],
  transactionRequiredAtCheck: ['no', 0, []],
  facades: [
    'vendor',
    [],
    { other: {} },
    { vendor: 1 },
    { vendor: [] },
    JSON.parse('{"__proto__": {}}'),
  ],
};

for (const name of settingNames) {
  test(`${name} refuses what it cannot be, and says which setting`, () => {
    assert.ok(wrong[name].length > 2);
    for (const value of wrong[name]) {
      const result = readSettings(defaultSettings, { [name]: value });
      const shown = JSON.stringify(value);
      assert.ok(!result.ok, `${name} took ${shown}`);
      assert.equal(result.error.code, 'request_invalid');
      assert.match(result.error.pointer ?? '', new RegExp(`^/${name}(/|$)`), shown);
      assert.ok(result.error.detail.includes(`"${name}"`), result.error.detail);
      assert.match(result.error.detail, /\.$/);
    }
  });
}

const pointers: readonly [patch: Record<string, unknown>, pointer: string][] = [
  [{ channels: ['sms', 'fax'] }, '/channels/1'],
  [{ code: { length: 3 } }, '/code/length'],
  [{ code: { alphabet: 'hex' } }, '/code/alphabet'],
  [{ code: { size: 1 } }, '/code/size'],
  [{ limits: { recipientSendsHourMax: 99 } }, '/limits/recipientSendsHourMax'],
  [{ countries: ['DE', 'fr'] }, '/countries/1'],
  [{ providers: { email: [] } }, '/providers/email'],
  [{ countryDailyBudgets: { DE: 5 } }, '/countryDailyBudgets/DE'],
  [{ balance: { messages: -1 } }, '/balance/messages'],
  [{ facades: { other: null } }, '/facades/other'],
  [{ facades: { vendor: { wrong: 1 } } }, '/facades/vendor/wrong'],
];

for (const [patch, pointer] of pointers) {
  test(`the refusal of ${JSON.stringify(patch)} points to ${pointer}`, () => {
    const result = readSettings(defaultSettings, patch);
    assert.equal(result.ok ? null : result.error.pointer, pointer);
  });
}

for (const name of ['__proto__', 'constructor', 'toString', 'colour', '']) {
  test(`${JSON.stringify(name)} is no setting`, () => {
    const patch = JSON.parse(`{${JSON.stringify(name)}: null, "checksMax": 3}`);
    const result = readSettings(defaultSettings, patch);
    assert.equal(result.ok ? null : result.error.pointer, `/${name}`);
  });
}

const conflicts: readonly [name: string, patch: Record<string, unknown>, pointer: string | null][] =
  [
    ['a short code without leave', { code: { length: 5 } }, '/code/length'],
    ['a short code with leave', { code: { length: 4 }, allowShortCodes: true }, null],
    ['a lifetime above its bound', { lifetimeSeconds: 601 }, '/lifetimeSeconds'],
    ['a lifetime with its bound', { lifetimeSeconds: 900, lifetimeSecondsMax: 900 }, null],
    ['a channel that is not allowed', { channel: 'sms', channels: ['email'] }, '/channel'],
    ['a channel among the allowed', { channel: 'email', channels: ['email'] }, null],
  ];

for (const [name, patch, pointer] of conflicts) {
  test(`${name} ${pointer === null ? 'is taken' : 'is refused'}, in either order`, () => {
    for (const entries of [Object.entries(patch), Object.entries(patch).reverse()]) {
      const result = readSettings(defaultSettings, Object.fromEntries(entries));
      assert.equal(result.ok ? null : result.error.pointer, pointer);
    }
  });
}

test('a change that would leave a conflict behind is refused as a whole', () => {
  const short = readSettings(defaultSettings, { code: { length: 4 }, allowShortCodes: true });
  assert.ok(short.ok);
  const result = readSettings(short.value, { allowShortCodes: false, checksMax: 3 });
  assert.equal(result.ok ? null : result.error.pointer, '/code/length');
});

test('a part of code or limits leaves its other parts', () => {
  const result = readSettings(changed, { code: { length: 7 }, limits: { addressStartsDayMax: 9 } });
  assert.ok(result.ok);
  assert.deepEqual(result.value.code, { alphabet: 'alphanumeric', length: 7 });
  assert.deepEqual(result.value.limits, { ...changed.limits, addressStartsDayMax: 9 });
});

test('what a change of a façade does not name stays, and null puts the façade back', () => {
  const result = readSettings(changed, { facades: { vendor: { sender: 'ACME' } } });
  assert.deepEqual(result.ok && result.value.facades, {
    vendor: { pinLength: 6, sender: 'ACME' },
  });
  const back = readSettings(changed, { facades: { vendor: null } });
  assert.deepEqual(back.ok && back.value.facades, {});
});

test('what stands twice in a list is kept once', () => {
  const result = readSettings(defaultSettings, { channels: ['sms', 'email', 'sms'] });
  assert.deepEqual(result.ok && result.value.channels, ['sms', 'email']);
});

test('no JSON whatsoever throws, leaves the bounds, or changes what was there', () => {
  const before = structuredClone(defaultSettings);
  const patches = fc.dictionary(
    fc.oneof(fc.constantFrom(...settingNames), fc.constantFrom('__proto__', 'x')),
    fc.jsonValue({ maxDepth: 3 }),
    { maxKeys: 4 },
  );
  fc.assert(
    fc.property(patches, (patch) => {
      const result = readSettings(defaultSettings, JSON.parse(JSON.stringify(patch)));
      assert.deepEqual(defaultSettings, before);
      if (!result.ok) return;
      const { checksMax, code, lifetimeSecondsMax } = result.value;
      assert.ok(checksMax >= 1 && checksMax <= 10);
      assert.ok(code.length >= 4 && code.length <= 10);
      assert.ok(lifetimeSecondsMax >= 30 && lifetimeSecondsMax <= 86_400);
      assert.equal(Object.getPrototypeOf(result.value), Object.prototype);
    }),
    { numRuns: 1_000 },
  );
});
