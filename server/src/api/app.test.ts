import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { apiKey, openApp, pendingView, problemOf, publicUrl } from '#api/app.fixture.ts';
import { ok } from '#domain/refusal.ts';
import { StorageUnavailable } from '#service/ports.ts';
import type { StartRequest } from '#service/requests.ts';

const path = '/v1/verifications';

function openStarting() {
  const asked: StartRequest[] = [];
  const opened = openApp({
    async startVerification(_caller, request) {
      asked.push(request);
      return ok({ view: pendingView, isReplay: false });
    },
  });
  /** Posts a body as it is, of whatever type. */
  function post(payload: string | Buffer, headers: Record<string, string> = {}) {
    return opened.app.inject({
      method: 'POST',
      url: path,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        ...headers,
      },
      payload,
    });
  }
  return { ...opened, asked, post };
}

test('every answer names its request and may be kept by nobody', async () => {
  const { app, call } = openStarting();
  const answers = [
    await app.inject('/healthz'),
    await app.inject('/docs'),
    await app.inject('/nothing'),
    await app.inject({ method: 'DELETE', url: path }),
    await app.inject({ method: 'OPTIONS', url: path }),
    await app.inject({ method: 'POST', url: path }),
    await call('POST', path, { recipient: 'x' }),
    await call('POST', path, {}),
    await call('GET', '/v1/verifications/%ZZ'),
  ];
  const ids = answers.map(({ headers, statusCode, body }) => {
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['server'], undefined);
    assert.equal(headers['x-powered-by'], undefined);
    const id = String(headers['request-id']);
    assert.match(id, /^req_[0-9a-hjkmnp-tv-z]{37}$/);
    if (statusCode >= 400) assert.equal(JSON.parse(body).requestId, id);
    return id;
  });
  assert.equal(new Set(ids).size, ids.length);
});

test('a request id is never the caller’s own', async () => {
  const { app } = openApp();
  const headers = { 'request-id': 'chosen', 'x-request-id': 'chosen' };
  const response = await app.inject({ url: '/healthz', headers });
  assert.match(String(response.headers['request-id']), /^req_/);
});

test('an error has exactly the fields of the contract', async () => {
  const response = await openStarting().call('POST', path, {});
  assert.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8');
  assert.deepEqual(response.json(), {
    type: `${publicUrl}/docs/errors/request_invalid`,
    title: 'The request is not valid',
    status: 422,
    code: 'request_invalid',
    detail: '/recipient: This field is required.',
    errors: [{ pointer: '/recipient', detail: 'This field is required.' }],
    requestId: response.headers['request-id'],
  });
});

const notJson: readonly (readonly [string, string | Buffer])[] = [
  ['nothing', ''],
  ['half an object', '{"recipient":'],
  ['a form', 'recipient=%2B14155550123'],
  ['single quotes', "{'recipient': 'x'}"],
  ['two objects', '{}{}'],
  ['a trailing comma', '{"recipient":"x",}'],
  ['a byte order mark', '\ufeff{"recipient":"x"}'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['a NUL', '\u0000'],
  ['half a surrogate pair', '{"recipient":"x","metadata":{"k":"\\ud83d"}}'],
  ['a name with half a pair', '{"recipient":"x","\\udc00":1}'],
];

for (const [name, payload] of notJson) {
  test(`a body of ${name} is not JSON`, async () => {
    const { post, asked } = openStarting();
    const response = await post(payload);
    assert.equal(response.statusCode, 400);
    assert.equal(problemOf(response).code, 'not_json');
    assert.deepEqual(asked, []);
  });
}

test('what is JSON but no object is refused as such', async () => {
  const { post } = openStarting();
  for (const payload of ['null', '[]', '"+14155550123"', '7', 'true', '[[[[]]]]']) {
    const response = await post(payload);
    assert.equal(response.statusCode, 422, payload);
    assert.deepEqual(problemOf(response).errors[0]?.pointer, '', payload);
  }
});

test('a body nested thousands of times is refused like any other', async () => {
  const { post, asked } = openStarting();
  for (const depth of [100, 5_000, 8_000]) {
    const arrays = `${'['.repeat(depth)}null${']'.repeat(depth)}`;
    assert.equal((await post(arrays)).statusCode, 422);
    assert.equal(
      (await post(`{"metadata":{"k":${arrays}}}`.slice(0, 16_384))).statusCode >= 400,
      true,
    );
  }
  const objects = `${'{"metadata":'.repeat(1_000)}null${'}'.repeat(1_000)}`;
  assert.equal((await post(objects)).statusCode, 422);
  assert.deepEqual(asked, []);
});

test('names that mean something to JavaScript change nothing', async () => {
  const { post, asked } = openStarting();
  const refused = [
    '{"recipient":"x","__proto__":{"channel":"sms"}}',
    '{"recipient":"x","constructor":{"prototype":{"channel":"sms"}}}',
    '{"recipient":"x","metadata":{"__proto__":"v"}}',
    '{"recipient":"x","metadata":{"\\u005f_proto__":"v"}}',
    '{"recipient":"x","variables":{"__proto__":"v"}}',
    '{"recipient":"x","hasOwnProperty":1}',
    '{"recipient":"x","__proto__":null}',
  ];
  for (const payload of refused) assert.equal((await post(payload)).statusCode, 422, payload);
  // As a name of metadata it is a word like any other.
  const response = await post('{"recipient":"x","metadata":{"constructor":"v","toString":"w"}}');
  assert.equal(response.statusCode, 201);
  assert.deepEqual(asked, [{ recipient: 'x', metadata: { constructor: 'v', toString: 'w' } }]);
  assert.equal(({} as Record<string, unknown>)['channel'], undefined);
});

test('only JSON that is not packed is read', async () => {
  const { post } = openStarting();
  const body = '{"recipient":"x"}';
  const types = ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'x', ''];
  for (const type of [...types, 'multipart/form-data; boundary=x', 'application/jsonp']) {
    const response = await post(body, { 'content-type': type });
    assert.equal(response.statusCode, 415, type);
    assert.equal(problemOf(response).code, 'unsupported_media_type', type);
  }
  for (const encoding of ['gzip', 'deflate', 'br', 'gzip, gzip', 'x']) {
    const response = await post(gzipSync(body), { 'content-encoding': encoding });
    assert.equal(response.statusCode, 415, encoding);
  }
  for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON']) {
    assert.equal((await post(body, { 'content-type': type })).statusCode, 201, type);
  }
});

test('a body beyond its bound is refused by its announced length', async () => {
  const { post } = openStarting();
  const response = await post(`{"recipient":"${'x'.repeat(16_384)}"}`);
  assert.deepEqual([response.statusCode, problemOf(response).code], [413, 'body_too_large']);
});

test('a method that a path does not have is refused with those that it has', async () => {
  const { app } = openApp();
  const cases = [
    ['PUT', path, 'POST, GET, HEAD, OPTIONS'],
    ['DELETE', '/v1/application', 'GET, HEAD, PATCH, OPTIONS'],
    ['GET', '/v1/checks', 'POST, OPTIONS'],
    ['GET', '/v1/verifications/vf_1/check', 'POST, OPTIONS'],
    ['TRACE', '/v1/keys', 'GET, HEAD, OPTIONS'],
    ['POST', '/healthz', 'GET, HEAD, OPTIONS'],
  ] as const;
  for (const [method, url, allow] of cases) {
    const response = await app.inject({ method: method as 'GET', url });
    assert.equal(response.statusCode, 405, `${method} ${url}`);
    assert.equal(problemOf(response).code, 'method_not_allowed');
    assert.equal(response.headers['allow'], allow);
    const options = await app.inject({ method: 'OPTIONS', url });
    assert.deepEqual([options.statusCode, options.headers['allow']], [204, allow]);
  }
});

test('HEAD answers as GET does, without a body', async () => {
  const { app } = openApp();
  const response = await app.inject({ method: 'HEAD', url: '/healthz' });
  assert.deepEqual([response.statusCode, response.body], [200, '']);
  assert.equal((await app.inject({ method: 'HEAD', url: path })).statusCode, 401);
});

test('a path that is not there is 404, whatever the method', async () => {
  const { app } = openApp();
  for (const url of [
    '/v2/verifications',
    '/v1',
    `${path}/vf_1/`,
    `/${path}`,
    '/v1/Verifications',
  ]) {
    for (const method of ['GET', 'POST', 'OPTIONS'] as const) {
      const response = await app.inject({ method, url, payload: method === 'POST' ? 'x' : '' });
      assert.deepEqual([response.statusCode, problemOf(response).code], [404, 'route_not_found']);
    }
  }
});

const wrongKeys = ['', 'two words', 'kéy', 'a'.repeat(256), 'first, second', 'tab\there'];

for (const key of wrongKeys) {
  test(`an Idempotency-Key "${key.slice(0, 16)}" is refused before anything is done`, async () => {
    const { call, asked } = openStarting();
    const headers = { 'idempotency-key': key };
    const response = await call('POST', path, { recipient: 'x' }, headers);
    assert.deepEqual(
      [response.statusCode, problemOf(response).code],
      [400, 'idempotency_key_invalid'],
    );
    assert.deepEqual(asked, []);
  });
}

test('storage that is away is said with 503 and when to come again', async () => {
  const cause = new Error('SQLITE_FULL: /var/lib/watchword');
  const { call, log } = openApp({
    startVerification: () => Promise.reject(new StorageUnavailable('cannot commit', { cause })),
  });
  const response = await call('POST', path, { recipient: '+14155550123' });
  assert.deepEqual([response.statusCode, problemOf(response).code], [503, 'storage_unavailable']);
  assert.match(String(response.headers['retry-after']), /^[1-9][0-9]*$/);
  assert.ok(!response.body.includes('SQLITE'));
  assert.ok(log.some((line) => line.includes('SQLITE_FULL')));
});

test('what nobody expected is told to the log and not to the caller', async () => {
  const cause = new Error('the reason below');
  const { call, log } = openApp({
    startVerification: () => Promise.reject(new Error('secret detail', { cause })),
  });
  const response = await call('POST', path, { recipient: '+14155550123' });
  assert.deepEqual([response.statusCode, problemOf(response).code], [500, 'internal_error']);
  assert.ok(!response.body.includes('secret'));
  const line = log.find((text) => text.includes('unexpected error')) ?? '';
  assert.match(line, /secret detail/);
  assert.match(line, /the reason below/);
  assert.ok(line.includes(problemOf(response).requestId));
});

test('an error that claims a status of its own is still unexpected when it is 5xx', async () => {
  const { call } = openApp({
    startVerification: () => Promise.reject(Object.assign(new Error('x'), { statusCode: 502 })),
  });
  assert.equal((await call('POST', path, { recipient: 'x' })).statusCode, 500);
});
