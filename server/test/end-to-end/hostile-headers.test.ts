import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { type Asking, createAsking, type RawHeaders } from './asking.ts';
import { oddCharsets, oddTypes } from './hostile-bodies.ts';
import { wrongKeys } from './hostile-credentials.ts';
import { problemOf } from './judge-answer.ts';
import { speak } from './raw-http.ts';
import { logLines, type RunningServer, startDevelopmentServer } from './running-server.ts';

/**
 * Credentials, keys for repeating, types, encodings and what proxies write, all of them wrong
 * (security.md: D-01, D-04, I-05, I-09, K-06, S12). Sent as bytes, because clients would mend half
 * of them.
 */
let server: RunningServer;
let asking: Asking;
let key: string;

before(async () => {
  server = await startDevelopmentServer();
  asking = createAsking(server);
  key = `Bearer ${server.apiKey}`;
});
after(() => server.remove());

test('no odd credential opens a door, and each is told which scheme there is', async () => {
  const near = [`${key}x`, key.slice(0, -1), key.toUpperCase(), `${key}, ${key}`, `${key} ${key}`];
  for (const credential of [...wrongKeys, ...near]) {
    for (const target of ['/v1/application', '/v1/verifications', '/v1/sandbox/messages']) {
      const answer = await asking.ask({ target, headers: [['Authorization', credential]] });
      assert.equal(answer.status, 401, credential);
    }
  }
  for (const other of ['X-Api-Key', 'Api-Key', 'Cookie', 'Proxy-Authorization']) {
    const answer = await asking.ask({ target: '/v1/application', headers: [[other, key]] });
    assert.equal(answer.status, 401, other);
  }
  const inQuery = await asking.ask({ target: `/v1/application?authorization=${server.apiKey}` });
  assert.equal(inQuery.status, 401);
});

test('the scheme has no letter case and may stand before several blanks', async () => {
  for (const credential of [`bearer ${server.apiKey}`, `BEARER   ${server.apiKey}`]) {
    const headers: RawHeaders = [['Authorization', credential]];
    assert.equal((await asking.ask({ target: '/v1/application', headers })).status, 200);
  }
});

test('a key for repeating that is none, or two of them, are refused', async () => {
  const wrong: readonly RawHeaders[] = [
    [['Idempotency-Key', '']],
    [['Idempotency-Key', 'a b']],
    [['Idempotency-Key', 'a\tb']],
    [['Idempotency-Key', '\u00e9']],
    [['Idempotency-Key', '\x7f']],
    [['Idempotency-Key', 'a'.repeat(256)]],
    [['Idempotency-Key', 'a'.repeat(9_000)]],
    [
      ['Idempotency-Key', 'a'],
      ['Idempotency-Key', 'a'],
    ],
    [
      ['Idempotency-Key', 'a'],
      ['idempotency-key', 'b'],
    ],
  ];
  for (const headers of wrong) {
    const body = '{"recipient":"+14155550177"}';
    const answer = await asking.call('POST', '/v1/verifications', body, headers);
    assert.equal(answer.status, 400, JSON.stringify(headers).slice(0, 80));
  }
  const list = await asking.call('GET', '/v1/verifications?recipient=%2B14155550177');
  assert.deepEqual(JSON.parse(list.text).items, []);
});

const body = '{"recipient":"+14155550178"}';
test('a body of another type is not read', async () => {
  for (const type of oddTypes) {
    for (const target of ['/v1/verifications', '/v1/checks', '/v1/sandbox/clock']) {
      const headers: RawHeaders = [
        ['Authorization', key],
        ['Content-Type', type],
      ];
      const answer = await asking.ask({ method: 'POST', target, headers, body });
      assert.equal(answer.status, 415, type);
    }
  }
  const bare = await asking.ask({
    method: 'POST',
    target: '/v1/verifications',
    headers: [['Authorization', key]],
    body,
  });
  assert.equal(bare.status, 415);
});

test('a charset changes nothing: bodies are UTF-8 or they are not read', async () => {
  for (const charset of oddCharsets) {
    for (const bytes of [Buffer.from('{"a":1}'), Buffer.from('{"a":1}', 'utf16le')]) {
      const headers: RawHeaders = [
        ['Authorization', key],
        ['Content-Type', `application/json; charset=${charset}`],
      ];
      const target = '/v1/verifications';
      const answer = await asking.ask({ method: 'POST', target, headers, body: bytes });
      assert.ok([400, 415, 422].includes(answer.status), charset);
    }
  }
});

test('a packed body is refused unread, however much it would unpack to', async () => {
  const bomb = gzipSync(Buffer.alloc(100_000_000), { level: 9 });
  const inner = gzipSync(gzipSync(Buffer.from(body)));
  const packed: readonly (readonly [string, Buffer])[] = [
    ['gzip', gzipSync(Buffer.from(body))],
    ['gzip', bomb],
    ['gzip, gzip', inner],
    ['x-gzip', bomb],
    ['deflate', deflateRawSync(Buffer.alloc(10_000_000))],
    ['br', Buffer.from(body)],
    ['zstd', Buffer.from(body)],
    ['identity, gzip', bomb],
    ['GZIP', bomb],
    ['', Buffer.from(body)],
    ['none', Buffer.from(body)],
  ];
  for (const [encoding, bytes] of packed) {
    const headers: RawHeaders = [
      ['Authorization', key],
      ['Content-Type', 'application/json'],
      ['Content-Encoding', encoding],
    ];
    const answer = await asking.ask({
      method: 'POST',
      target: '/v1/verifications',
      headers,
      body: bytes,
    });
    assert.equal(answer.status, 415, encoding);
  }
  const list = await asking.call('GET', '/v1/verifications?recipient=%2B14155550178');
  assert.deepEqual(JSON.parse(list.text).items, []);
});

test('addresses in answers are built from the public URL, whatever the headers say', async () => {
  const lies: RawHeaders = [
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'gopher'],
    ['Forwarded', 'host=evil.example;proto=gopher'],
    ['X-Original-URL', '/v1/sandbox/reset'],
    ['X-Rewrite-URL', '/v1/sandbox/reset'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['X-Forwarded-For', `${'1.2.3.4, '.repeat(200)}\x22><script>`],
    ['Referer', 'javascript:alert(1)'],
    ['User-Agent', `\${jndi:ldap://127.0.0.1/a} \x9b31m`],
    ['Request-Id', 'req_forged'],
    ['traceparent', '00-zz-zz-zz'],
  ];
  const answer = await asking.call('GET', '/v1/nothing', undefined, lies);
  assert.equal(answer.status, 404);
  assert.ok(problemOf(answer).type.startsWith(`${server.url}/docs/`));
  assert.ok(!answer.text.includes('evil.example') && !answer.text.includes('forged'));
});

test('only its own page may use the virtual phone', async () => {
  const strangers: readonly RawHeaders[] = [
    [],
    [['Origin', 'https://evil.example']],
    [['Origin', 'null']],
    [['Origin', `${server.url}.evil.example`]],
    [['Sec-Fetch-Site', 'cross-site']],
    [['Sec-Fetch-Site', 'same-site']],
    [
      ['Origin', server.url],
      ['Sec-Fetch-Site', 'cross-site'],
    ],
  ];
  for (const headers of strangers) {
    for (const target of ['/phone/verifications', '/phone/clock', '/phone/reset']) {
      const type: RawHeaders = [['Content-Type', 'application/json']];
      const stranger = { method: 'POST', target, headers: [...type, ...headers], body: '{}' };
      assert.equal((await asking.ask(stranger)).status, 403, JSON.stringify(headers));
    }
  }
});

test('event streams beyond the room for them are turned away', async () => {
  const request = 'GET /phone/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.replace(
    '127.0.0.1',
    new URL(server.url).host,
  );
  const opened = Array.from({ length: 60 }, () => speak(server.url, request, { timeoutMs: 700 }));
  assert.equal((await asking.call('GET', '/healthz')).status, 200);
  const statuses = (await Promise.all(opened)).map(({ answers }) => answers[0]?.status);
  assert.equal(statuses.filter((status) => status === 429).length, 28);
  assert.equal(statuses.filter((status) => status === 200).length, 32);
});

test('the log is one JSON object on each line and holds none of it', () => {
  const lines = logLines(server);
  assert.ok(lines.length > 150);
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object');
  for (const never of [server.apiKey, 'evil.example', '\x1b', '\u001b', '14155550178']) {
    assert.ok(!lines.some((line) => line.includes(never)), `the log holds ${never}`);
  }
});
