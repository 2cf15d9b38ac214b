import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, pendingAnswer, pendingView, pointersOf, problemOf } from '#api/app.fixture.ts';
import { startBody } from '#api/schemas/start.ts';
import { ok, refuse } from '#domain/refusal.ts';
import type { StartRequest } from '#service/requests.ts';
import type { IdempotencyKey } from '#service/service.ts';

const path = '/v1/verifications';

function openStarting(isReplay = false) {
  const asked: { request: StartRequest; key: IdempotencyKey; applicationId: string }[] = [];
  const opened = openApp({
    async startVerification({ application }, request, key) {
      asked.push({ request, key, applicationId: application.id });
      return ok({ view: pendingView, isReplay });
    },
  });
  return { ...opened, asked };
}

const everyField = {
  recipient: '+14155550123',
  channels: ['sms', { channel: 'email', to: 'ana@example.com' }],
  purpose: 'login',
  text: '{{code}} is your code',
  language: 'en',
  variables: { name: 'Ana' },
  code: { length: 6, alphabet: 'digits' },
  lifetimeSeconds: 300,
  checksMax: 5,
  sender: 'ACME',
  callbackUrl: 'https://example.com/verified',
  reference: 'order-17',
  metadata: { k: 'v' },
  country: 'US',
  client: { address: '203.0.113.9', device: 'phone', userAgent: 'Mozilla/5.0' },
  transaction: { amount: '12.50', currency: 'EUR', payee: 'Shop' },
  autofill: { androidAppHash: 'FA+9qCX9VSu', webOrigin: 'https://example.com' },
};

test('the smallest start is answered with 201 and the verification of the contract', async () => {
  const { call, asked } = openStarting();
  const response = await call('POST', path, { recipient: '+14155550123' });
  assert.equal(response.statusCode, 201);
  assert.deepEqual(response.json(), pendingAnswer);
  assert.equal(response.headers['idempotent-replayed'], undefined);
  const request = { recipient: '+14155550123' };
  assert.deepEqual(asked, [{ request, key: null, applicationId: 'app_1' }]);
});

test('every field reaches the service as it was sent, a bare channel as an object', async () => {
  const { call, asked } = openStarting();
  assert.equal((await call('POST', path, everyField)).statusCode, 201);
  const channels = [{ channel: 'sms' }, { channel: 'email', to: 'ana@example.com' }];
  assert.deepEqual(asked[0]?.request, { ...everyField, channels });
});

test('null for an optional field means that it is not given, at every depth', async () => {
  const { call, asked } = openStarting();
  const nulls = Object.fromEntries(Object.keys(startBody.properties).map((name) => [name, null]));
  const response = await call('POST', path, {
    ...nulls,
    recipient: '+14155550123',
    code: { length: null, alphabet: 'letters' },
    metadata: { kept: 'v', dropped: null },
    channels: [{ channel: 'sms', to: null }],
  });
  assert.equal(response.statusCode, 201);
  assert.deepEqual(asked[0]?.request, {
    recipient: '+14155550123',
    code: { alphabet: 'letters' },
    metadata: { kept: 'v' },
    channels: [{ channel: 'sms' }],
  });
});

test('a repeated start says that it is an answer again', async () => {
  const { call, asked } = openStarting(true);
  const key = { 'idempotency-key': 'k-1' };
  const response = await call('POST', path, { recipient: '+14155550123' }, key);
  assert.equal(response.headers['idempotent-replayed'], 'true');
  assert.equal(asked[0]?.key, 'k-1');
});

/** Each field in the shapes that it must not have. */
const wrongStrings = [7, true, [], {}, ''];
const wrong: Record<string, readonly unknown[]> = {
  '/recipient': [7, true, [], {}, null, '1'.repeat(321)],
  '/channel': ['fax', 'SMS', 7, [], ''],
  '/channels': ['sms', [], {}, Array(6).fill('sms')],
  '/channels/0': [['fax'], [7], [{ to: 'a@example.com' }], [{ channel: 'sms', more: 1 }], [null]],
  '/workflow': ['sms', [], {}],
  '/workflow/0/channel': [[{}], [{ channel: 'fax' }]],
  '/workflow/0/timeoutSeconds': [[{ channel: 'sms', timeoutSeconds: 0 }]],
  '/purpose': [...wrongStrings, 'log in', '-login', 'a'.repeat(65), 'a\n', 'lögin'],
  '/template': [...wrongStrings, '../x', 'a'.repeat(65)],
  '/text': [7, [], {}, 'a'.repeat(2_001)],
  '/language': [...wrongStrings, 'english language', 'e'],
  '/variables': [
    'Ana',
    7,
    [],
    Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`v${n}`, ''])),
  ],
  '/variables/name': [{ name: 7 }, { name: ['Ana'] }, { name: 'a'.repeat(201) }],
  '/variables/1a': [{ '1a': 'x' }],
  '/code': ['123456', 6, []],
  '/code/length': [3, 11, 6.5, '6', 1e99].map((length) => ({ length })),
  '/code/alphabet': ['emoji', 7, ''].map((alphabet) => ({ alphabet })),
  '/code/more': [{ more: 1 }],
  '/customCode': [...wrongStrings, '123', '12345678901', '12 456', '１２３４５６'],
  '/lifetimeSeconds': [29, 86_401, 300.5, '300', true, [], -1],
  '/checksMax': [0, 11, '5', 2.5],
  '/sender': [...wrongStrings, 'A'.repeat(17), 'AC\r\nME'],
  '/callbackUrl': [...wrongStrings, `https://example.com/${'a'.repeat(2_048)}`, 'https://a\nb'],
  '/reference': [...wrongStrings, 'a'.repeat(129), 'a\u0000b', 'a\u2028b'],
  '/metadata': [
    'v',
    7,
    [],
    Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, ''])),
  ],
  '/metadata/k': [{ k: 7 }, { k: {} }, { k: ['v'] }, { k: 'v'.repeat(501) }, { k: '\u001b[31m' }],
  '/metadata/a b': [{ 'a b': 'v' }],
  '/metadata/': [{ '': 'v' }],
  '/metadata/a~1b': [{ 'a/b': 'v' }],
  '/country': [...wrongStrings, 'USA', 'U', '12', 'ÜS'],
  '/client': ['203.0.113.9', 7, []],
  '/client/address': ['localhost', '203.0.113.9 ', 'fe80::1%eth0', 'a'.repeat(46), 7].map(
    (address) => ({ address }),
  ),
  '/client/device': [{ device: 'a\nb' }, { device: 7 }, { device: 'a'.repeat(201) }],
  '/client/userAgent': [{ userAgent: 'a'.repeat(513) }],
  '/client/more': [{ more: 'x' }],
  '/transaction': ['12.50', 7, []],
  '/transaction/amount': [12.5, '12,50', '-1', '1e3', ''].map((amount) => ({
    ...everyField.transaction,
    amount,
  })),
  '/transaction/currency': [{ ...everyField.transaction, currency: 'eur' }],
  '/transaction/payee': [{ amount: '1', currency: 'EUR' }],
  '/autofill': ['FA+9qCX9VSu', []],
  '/autofill/androidAppHash': [{ androidAppHash: 'short' }],
  '/autofill/webOrigin': [{ webOrigin: 7 }],
  '/nonsense': [1, 'x', {}, null],
  '/recipientt': ['+14155550123'],
};

test('a field in a wrong shape is refused with a pointer to it, starting nothing', async () => {
  const { call, asked } = openStarting();
  for (const [pointer, values] of Object.entries(wrong)) {
    const field = pointer.split('/')[1] ?? '';
    for (const value of values) {
      const response = await call('POST', path, { recipient: '+14155550123', [field]: value });
      const said = `${pointer}: ${JSON.stringify(value)?.slice(0, 60)} → ${response.body}`;
      assert.equal(response.statusCode, 422, said);
      assert.equal(problemOf(response).code, 'request_invalid', said);
      assert.deepEqual(pointersOf(response), [pointer], said);
    }
  }
  assert.deepEqual(asked, []);
});

test('several wrong fields are all named at once', async () => {
  const { call } = openStarting();
  const response = await call('POST', path, { recipient: 7, checksMax: 99, more: 1 });
  assert.deepEqual(pointersOf(response).sort(), ['/checksMax', '/more', '/recipient']);
});

test('a wrong value is not repeated in the answer', async () => {
  const { call } = openStarting();
  const response = await call('POST', path, { recipient: '+14155550123', customCode: 'S3CRET!' });
  assert.equal(response.statusCode, 422);
  assert.ok(!response.body.includes('S3CRET'));
});

test('a body of nothing but unknown fields makes a short answer', async () => {
  const { call } = openStarting();
  const fields = Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`field${n}`, 1]));
  const response = await call('POST', path, fields);
  assert.equal(response.statusCode, 422);
  assert.ok(response.body.length < 4_000, `${response.body.length} characters`);
});

test('a limit is answered with its name and with when to come again', async () => {
  const limit = { name: 'recipient_sends_hour', max: 5, windowSeconds: 3_600 };
  const { call } = openApp({
    startVerification: async () =>
      refuse('limit_reached', 'Wait an hour.', { limit, retryAfterSeconds: 1_799.2 }),
  });
  const response = await call('POST', path, { recipient: '+14155550123' });
  assert.equal(response.statusCode, 429);
  assert.equal(response.headers['retry-after'], '1800');
  assert.deepEqual(problemOf(response).limit, limit);
});

test('an unknown template in the body is a wrong field, not a wrong address', async () => {
  const { call } = openApp({
    startVerification: async () =>
      refuse('template_not_found', 'There is none.', { pointer: '/template' }),
  });
  const response = await call('POST', path, { recipient: '+14155550123', template: 'x' });
  assert.equal(response.statusCode, 422);
  assert.equal(problemOf(response).code, 'template_not_found');
  assert.deepEqual(pointersOf(response), ['/template']);
});
