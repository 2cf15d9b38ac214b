import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Asking, createAsking } from './asking.ts';
import { oddSpellings, otherIds } from './hostile-targets.ts';
import { hostileTexts } from './hostile-values.ts';
import { type Answer, problemOf } from './judge-answer.ts';
import { logLines, type RunningServer, startDevelopmentServer } from './running-server.ts';

/**
 * Targets, ids, methods and queries on every path that the server has (security.md: N, I-11,
 * D-01). Sent as bytes, because clients would mend half of them.
 */
let server: RunningServer;
let asking: Asking;
/** Of a verification that is live. */
let verificationId: string;

before(async () => {
  server = await startDevelopmentServer();
  asking = createAsking(server);
  const { body } = await server.call('POST', '/v1/verifications', { recipient: '+14155550123' });
  verificationId = body.id;
});
after(() => server.remove());

function codeOf(answer: Answer): string {
  return problemOf(answer).code;
}

const paths = [
  '/v1/verifications',
  '/v1/verifications/{id}',
  '/v1/verifications/{id}/check',
  '/v1/verifications/{id}/resend',
  '/v1/verifications/{id}/cancel',
  '/v1/checks',
  '/v1/application',
  '/v1/templates',
  '/v1/templates/{id}',
  '/v1/keys',
  '/v1/openapi.json',
  '/v1/sandbox/messages',
  '/v1/sandbox/clock',
  '/healthz',
  '/readyz',
  '/docs',
  '/docs/errors/{id}',
  '/',
  '/phone/session',
  '/phone/messages',
  '/phone/messages/{id}/html',
  '/phone/verifications',
  '/phone/verifications/{id}',
  '/phone/verifications/{id}/check',
  '/phone/clock',
  '/phone/page/phone.js',
];

test('every path in every odd spelling gets an answer of the contract', async () => {
  let count = 0;
  for (const path of paths) {
    const ids = path.includes('{id}') ? [verificationId, ...otherIds] : [''];
    const named = ids.map((id) => path.replace('{id}', id));
    const [right = ''] = named;
    for (const target of [...named, ...oddSpellings.map((spell) => spell(right))]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const { headers } = await asking.call(method, target, method === 'POST' ? '{}' : undefined);
        assert.equal(headers['x-injected'], undefined);
        count += 1;
      }
    }
  }
  assert.ok(count > 1_500);
});

test('an id that is none of ours is as unknown as one that was never given', async () => {
  for (const id of otherIds.slice(0, 12)) {
    for (const [method, action, body] of [
      ['GET', '', undefined],
      ['POST', '/check', '{"code":"123456"}'],
      ['POST', '/resend', '{}'],
      ['POST', '/cancel', '{}'],
    ] as const) {
      const answer = await asking.call(method, `/v1/verifications/${id}${action}`, body);
      assert.equal(answer.status, 404, `${id}${action}`);
      assert.equal(codeOf(answer), 'verification_not_found', `${id}${action}`);
    }
  }
});

test('every method on every path gets an answer of the contract', async () => {
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'];
  for (const path of paths) {
    const target = path.replace('{id}', verificationId);
    for (const method of [...methods, 'PROPFIND', 'PURGE', 'LOCK', 'M-SEARCH']) {
      if (path.endsWith('/cancel') && method === 'POST') continue;
      const answer = await asking.call(method, target);
      if (method === 'OPTIONS' && path.startsWith('/v1')) assert.equal(answer.status, 204);
      if (method === 'TRACE') assert.ok([404, 405].includes(answer.status));
    }
  }
});

const odd = Object.values(hostileTexts).map((text) => encodeURIComponent(text.toWellFormed()));
const wrongQueries = [
  'limit=0',
  'limit=201',
  'limit=-1',
  'limit=-0',
  'limit=1.5',
  'limit=1e2',
  'limit=0x10',
  'limit=%2B5',
  'limit=%205',
  'limit=5%20',
  'limit=%EF%BC%95',
  'limit=NaN',
  'limit=99999999999999999999',
  'limit=5&limit=6',
  'limit=5&limit=5',
  'limit[]=5',
  'limit[$gt]=5',
  'limit%00=5',
  'Limit=5',
  'unknown=1',
  '__proto__=1',
  '__proto__[limit]=1',
  'constructor=1',
  'constructor.prototype.limit=1',
  'toString=1',
  'hasOwnProperty=1',
  '=1',
  'recipient=a&recipient=b',
  ...odd.filter((text) => text !== '').map((text) => `${text}=1`),
];

test('a query that is not the one described is refused and names the parameter', async () => {
  for (const path of ['/v1/verifications', '/v1/sandbox/messages']) {
    for (const query of wrongQueries) {
      const answer = await asking.call('GET', `${path}?${query}`);
      assert.equal(answer.status, 422, `${path}?${query}: ${answer.text}`);
      assert.ok(problemOf(answer).errors.length > 0, query);
    }
  }
  for (const path of ['/v1/keys', '/v1/templates', '/v1/application', '/healthz', '/readyz']) {
    assert.equal((await asking.call('GET', `${path}?verbose=1`)).status, 422, path);
  }
});

test('any value of any parameter gets an answer of the contract', async () => {
  const names = ['status', 'recipient', 'purpose', 'reference', 'cursor', 'limit'];
  for (const name of names) {
    for (const value of [
      ...odd,
      '%',
      '%zz',
      '%ff',
      '%00',
      '+',
      '%2B1415',
      '&',
      'a'.repeat(9_000),
    ]) {
      await asking.call('GET', `/v1/verifications?${name}=${value}`);
      await asking.call('GET', `/phone/messages?${name}=${value}`);
    }
  }
  for (const query of ['?', '??', '?&&&&', `?${'a=1&'.repeat(2_000)}`, `?${'['.repeat(3_000)}=1`]) {
    await asking.call('GET', `/v1/verifications${query}`);
  }
  const long = await asking.call('GET', `/v1/verifications?reference=${'a'.repeat(20_000)}`);
  assert.equal(long.status, 431);
});

test('an operator of a database in a filter is a text like any other', async () => {
  for (const text of [`' OR '1'='1`, '%', '_', '*', '{"$ne":null}', '\\', '"']) {
    const target = `/v1/verifications?reference=${encodeURIComponent(text)}`;
    const answer = await asking.call('GET', target);
    assert.deepEqual(JSON.parse(answer.text).items, [], text);
  }
});

test('the log is one JSON object on each line and holds none of it', () => {
  const lines = logLines(server);
  assert.ok(lines.length > 2000);
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object');
  for (const never of [server.apiKey, 'x-injected', '\x1b', '\u001b']) {
    assert.ok(!lines.some((line) => line.includes(never)), `the log holds ${never}`);
  }
});
