import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKey, application, openApp, problemOf } from '#api/app.fixture.ts';
import { apiRoutes, sandboxRoutes } from '#api/routes/index.ts';
import { ok } from '#domain/refusal.ts';

const open = ['/v1/keys', '/v1/openapi.json', '/healthz', '/readyz', '/metrics'];

test('every call needs an API key, but those that are there for everybody', async () => {
  const { app } = openApp({ ping: async () => {}, publicKeys: async () => ({ keys: [] }) }, {});
  for (const { method, path } of [...apiRoutes, ...sandboxRoutes]) {
    const response = await app.inject({ method, url: path });
    assert.equal(response.statusCode === 401, !open.includes(path), `${method} ${path}`);
  }
});

test('a key is asked for once and opens its application', async () => {
  const asked: string[] = [];
  const { app } = openApp({
    async authenticate(key) {
      asked.push(key);
      return application;
    },
    readApplication: async () => ok(application),
  });
  for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
    const headers = { authorization: `${scheme} ${apiKey}` };
    const response = await app.inject({ url: '/v1/application', headers });
    assert.equal(response.statusCode, 200, scheme);
  }
  assert.deepEqual(asked, [apiKey, apiKey, apiKey]);
});

const wrongHeaders: readonly (readonly [string, string | undefined])[] = [
  ['no header', undefined],
  ['an empty one', ''],
  ['the key alone', apiKey],
  ['the scheme alone', 'Bearer'],
  ['a blank key', 'Bearer  '],
  ['another scheme', `Basic ${Buffer.from(`x:${apiKey}`).toString('base64')}`],
  ['two keys', `Bearer ${apiKey}, Bearer ${apiKey}`],
  ['a key with a blank in it', `Bearer wk_ 1`],
  ['a key with quotes', `Bearer "${apiKey}"`],
  ['a key of 300 characters', `Bearer wk_${'a'.repeat(300)}`],
  ['a key in other letters', 'Bearer wk_ключ'],
];

for (const [name, authorization] of wrongHeaders) {
  test(`${name} is refused without looking it up`, async () => {
    const { app } = openApp({
      authenticate: () => assert.fail('a malformed key was looked up'),
    });
    const headers = authorization === undefined ? {} : { authorization };
    const response = await app.inject({ url: '/v1/application', headers });
    assert.equal(response.statusCode, 401);
    assert.equal(problemOf(response).code, 'unauthenticated');
    assert.match(String(response.headers['www-authenticate']), /^Bearer realm="watchword"/);
    assert.ok(!response.body.includes(apiKey));
  });
}

test('an unknown key is told so', async () => {
  const { app } = openApp();
  const headers = { authorization: 'Bearer wk_unknown' };
  const response = await app.inject({ url: '/v1/application', headers });
  assert.equal(response.statusCode, 401);
  assert.match(String(response.headers['www-authenticate']), /error="invalid_token"/);
});

test('without a key no body is looked at', async () => {
  const { app } = openApp();
  const headers = { 'content-type': 'application/json' };
  for (const payload of ['{"recipient":', 'x'.repeat(1_000_000)]) {
    const response = await app.inject({
      method: 'POST',
      url: '/v1/verifications',
      headers,
      payload,
    });
    assert.equal(response.statusCode, 401);
  }
});
