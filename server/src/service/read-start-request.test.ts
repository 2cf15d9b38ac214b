import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApplicationSettings, defaultSettings } from '#domain/application.ts';
import { ok, refuse } from '#domain/refusal.ts';
import { readStartRequest } from '#service/read-start-request.ts';
import type { StartRequest } from '#service/requests.ts';

/** Reads a request for an application that allows every country, unless it is set otherwise. */
function read(request: Partial<StartRequest>, settings: Partial<ApplicationSettings> = {}) {
  const application = {
    id: 'app_1',
    name: 'Shop',
    settings: { ...defaultSettings, countries: 'all' as const, ...settings },
    createdAtMs: 0,
  };
  const checkUrl = (url: string, pointer: string) =>
    url.includes('127.0.0.1')
      ? refuse('callback_url_refused', 'Not there.', { pointer })
      : ok(new URL(url));
  return readStartRequest({ application, checkUrl }, { recipient: '+14155550123', ...request });
}

const transaction = { amount: '12.50', currency: 'EUR', payee: 'Shop' };
const refused: readonly [
  name: string,
  request: Partial<StartRequest>,
  code: string,
  pointer: string,
][] = [
  ['a recipient that is none', { recipient: '12' }, 'recipient_invalid', '/recipient'],
  ['a workflow', { workflow: [{}] }, 'not_available', '/workflow'],
  ['an empty purpose', { purpose: '' }, 'request_invalid', '/purpose'],
  ['a purpose with blanks', { purpose: 'log in' }, 'request_invalid', '/purpose'],
  ['a purpose of two lines', { purpose: 'login\n' }, 'request_invalid', '/purpose'],
  ['a purpose without end', { purpose: 'a'.repeat(65) }, 'request_invalid', '/purpose'],
  [
    'a channel and channels',
    { channel: 'sms', channels: [{ channel: 'sms' }] },
    'request_invalid',
    '/channels',
  ],
  ['no channels', { channels: [] }, 'request_invalid', '/channels'],
  [
    'six channels',
    { channels: new Array(6).fill({ channel: 'sms' }) },
    'request_invalid',
    '/channels',
  ],
  [
    'the same channel twice',
    { channels: [{ channel: 'sms' }, { channel: 'sms', to: '+1 415 555 0123' }] },
    'request_invalid',
    '/channels/1',
  ],
  ['a channel that is none', { channel: 'fax' as 'sms' }, 'request_invalid', '/channel'],
  [
    'a channel named after an inner property',
    { channel: '__proto__' as 'sms' },
    'request_invalid',
    '/channel',
  ],
  ['e-mail to a number', { channel: 'email' }, 'recipient_invalid', '/recipient'],
  [
    'a text message to a mailbox',
    { channels: [{ channel: 'sms', to: 'ana@example.com' }] },
    'recipient_invalid',
    '/channels/0/to',
  ],
  [
    'another destination that is none',
    { channels: [{ channel: 'email', to: 'nobody' }] },
    'recipient_invalid',
    '/channels/0/to',
  ],
  [
    'a code and one of its own',
    { code: { length: 6 }, customCode: '135790' },
    'request_invalid',
    '/customCode',
  ],
  ['a short custom code', { customCode: '13579' }, 'code_invalid', '/customCode'],
  ['a custom code with signs', { customCode: '135-790' }, 'code_invalid', '/customCode'],
  ['a code of five', { code: { length: 5 } }, 'code_invalid', '/code/length'],
  ['a code of eleven', { code: { length: 11 } }, 'code_invalid', '/code/length'],
  ['half a symbol', { code: { length: 6.5 } }, 'code_invalid', '/code/length'],
  ['a life too short', { lifetimeSeconds: 29 }, 'request_invalid', '/lifetimeSeconds'],
  ['a life too long', { lifetimeSeconds: 601 }, 'request_invalid', '/lifetimeSeconds'],
  ['no checks', { checksMax: 0 }, 'request_invalid', '/checksMax'],
  ['eleven checks', { checksMax: 11 }, 'request_invalid', '/checksMax'],
  ['a template and a text', { template: 'a', text: '{{code}}' }, 'request_invalid', '/text'],
  ['a language that is none', { language: 'english!' }, 'request_invalid', '/language'],
  ['a sender that no phone shows', { sender: 'A & B' }, 'request_invalid', '/sender'],
  ['a name as caller', { sender: 'ACME', channel: 'voice' }, 'request_invalid', '/sender'],
  [
    'a callback to this machine',
    { callbackUrl: 'http://127.0.0.1/' },
    'callback_url_refused',
    '/callbackUrl',
  ],
  [
    'an amount that is none',
    { transaction: { ...transaction, amount: '12,50' } },
    'request_invalid',
    '/transaction/amount',
  ],
  [
    'a currency that is none',
    { transaction: { ...transaction, currency: 'euro' } },
    'request_invalid',
    '/transaction/currency',
  ],
  [
    'a payee of blanks',
    { transaction: { ...transaction, payee: '  ' } },
    'request_invalid',
    '/transaction/payee',
  ],
  [
    'a payee of two lines',
    { transaction: { ...transaction, payee: 'Shop\nBank' } },
    'request_invalid',
    '/transaction/payee',
  ],
  [
    'a payee without end',
    { transaction: { ...transaction, payee: 'a'.repeat(71) } },
    'request_invalid',
    '/transaction/payee',
  ],
];

for (const [name, request, code, pointer] of refused) {
  test(`a start with ${name} is refused as ${code} at ${pointer}`, () => {
    const result = read(request);
    assert.ok(!result.ok, 'it was read');
    assert.deepEqual([result.error.code, result.error.pointer], [code, pointer]);
  });
}

test('what the request does not say comes from the application, then from the product', () => {
  const plain = read({});
  assert.ok(plain.ok);
  assert.deepEqual(plain.value.codeSpec, { alphabet: 'digits', length: 6 });
  assert.equal(plain.value.checksMax, 5);
  assert.equal(plain.value.kept.purpose, 'verification');
  assert.equal(plain.value.kept.lifetimeSeconds, 300);
  assert.deepEqual(plain.value.kept.destinations, [
    { channel: 'sms', to: '+14155550123', country: 'US' },
  ]);
  const settings: Partial<ApplicationSettings> = {
    code: { alphabet: 'letters', length: 8 },
    checksMax: 3,
    lifetimeSeconds: 60,
    channel: 'whatsapp',
    sender: 'ACME',
    language: 'de',
    callbackUrl: 'https://example.com/',
  };
  const set = read({}, settings);
  assert.ok(set.ok);
  assert.deepEqual(set.value.codeSpec, settings.code);
  assert.equal(set.value.checksMax, 3);
  const { lifetimeSeconds, destinations, sender, language, callbackUrl } = set.value.kept;
  assert.deepEqual(
    [lifetimeSeconds, destinations[0]?.channel, sender, language, callbackUrl],
    [60, 'whatsapp', 'ACME', 'de', 'https://example.com/'],
  );
  const said = read(
    {
      code: { length: 7 },
      checksMax: 1,
      lifetimeSeconds: 90,
      channel: 'sms',
      sender: '12345',
      language: 'fr',
      callbackUrl: 'https://example.org/',
    },
    settings,
  );
  assert.ok(said.ok);
  assert.deepEqual(said.value.codeSpec, { alphabet: 'letters', length: 7 });
  assert.equal(said.value.checksMax, 1);
  assert.deepEqual(
    [said.value.kept.lifetimeSeconds, said.value.kept.sender, said.value.kept.callbackUrl],
    [90, '12345', 'https://example.org/'],
  );
});

test('a mailbox is reached by e-mail whatever channel the application prefers', () => {
  const result = read({ recipient: 'Ana@Example.com' }, { channel: 'whatsapp' });
  assert.equal(result.ok && result.value.kept.destinations[0]?.channel, 'email');
  assert.equal(result.ok && result.value.kept.lifetimeSeconds, 600);
});

test('a channel that the application does not allow is refused, and the others are named', () => {
  const result = read({ channel: 'voice' }, { channels: ['sms', 'email'] });
  assert.ok(!result.ok);
  assert.equal(result.error.code, 'channel_not_allowed');
  assert.match(result.error.detail, /sms, email/);
});

test('codes of four and five symbols are read where the application allows them', () => {
  const settings = { allowShortCodes: true };
  assert.ok(read({ code: { length: 4 } }, settings).ok);
  assert.ok(read({ customCode: 'aB12' }, settings).ok);
  assert.ok(!read({ code: { length: 3 } }, settings).ok);
  assert.ok(!read({ customCode: '123' }, settings).ok);
});

test('a custom code is never made anew by a resend, and is worth its own alphabet', () => {
  for (const [customCode, alphabet] of [
    ['135790', 'digits'],
    ['1357ab', 'alphanumeric'],
  ]) {
    const result = read({ customCode: customCode ?? '' });
    assert.ok(result.ok);
    assert.equal(result.value.kept.codeSpec, null);
    assert.equal(result.value.codeSpec.alphabet, alphabet);
  }
});

test('a lower bound of lifetimes shortens the default, so that a plain start works', () => {
  const result = read({ recipient: 'ana@example.com' }, { lifetimeSecondsMax: 120 });
  assert.equal(result.ok && result.value.kept.lifetimeSeconds, 120);
});

test('a sender of the application that a channel cannot show is no mistake of the request', () => {
  assert.ok(read({ channel: 'voice' }, { sender: 'ACME' }).ok);
});

test('without a channel in the request the usual one is used, or the first that is allowed', () => {
  const chosen = (recipient: string, settings: Partial<ApplicationSettings>) => {
    const result = read({ recipient }, settings);
    return result.ok ? result.value.kept.destinations[0]?.channel : result.error.code;
  };
  assert.equal(chosen('+14155550123', {}), 'sms');
  assert.equal(chosen('ana@example.com', {}), 'email');
  assert.equal(chosen('+14155550123', { channel: 'whatsapp' }), 'whatsapp');
  assert.equal(chosen('ana@example.com', { channel: 'whatsapp' }), 'email');
  assert.equal(chosen('+14155550123', { channels: ['email', 'voice'] }), 'voice');
  assert.equal(chosen('+14155550123', { channels: ['email'] }), 'channel_not_allowed');
});
