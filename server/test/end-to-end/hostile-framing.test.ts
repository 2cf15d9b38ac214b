import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ambiguousBodies } from './hostile-framings.ts';
import { judgeAnswer } from './judge-answer.ts';
import { rawRequest, type Spoken, speak } from './raw-http.ts';
import { logLines, type RunningServer, startDevelopmentServer } from './running-server.ts';

/**
 * HTTP that no client sends (security.md: D-01, D-06, D-07): two lengths, broken chunks, folded
 * headers, half requests. What can be read in two ways is refused and the connection closed, so
 * that nothing after it is taken for a request: no start that hides in another's body happens.
 */
let server: RunningServer;
before(async () => {
  server = await startDevelopmentServer();
});
after(() => server.remove());

const hidden = '{"recipient":"+14155550199","reference":"smuggled"}';

/** A start of our own, and what a proxy in front would take for a part of it. */
function smuggling(lines: readonly string[], body: string): string {
  const inner = start([`Content-Length: ${hidden.length}`], hidden);
  return start(lines, `${body}${inner}`);
}

function start(lines: readonly string[], body: string): string {
  const head = [
    'POST /v1/verifications HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: Bearer ${server.apiKey}`,
    'Content-Type: application/json',
    ...lines,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

function get(lines: readonly string[], line = 'GET /healthz HTTP/1.1'): string {
  return [line, ...lines, '', ''].join('\r\n');
}

const host = 'Host: 127.0.0.1';
const chunked = 'Transfer-Encoding: chunked';

/** What must be refused: one answer at most, of 4xx, and the connection closed. */
const refused: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(
    Object.entries(ambiguousBodies).map(([name, { lines, body }]) => [
      name,
      () => smuggling(lines, body),
    ]),
  ),
  'a blank before the colon': () => get([host, 'Accept : a']),
  'a header without a colon': () => get([host, 'Accept']),
  'a header without a name': () => get([host, ': a']),
  'a header of two words': () => get([host, 'Acc ept: a']),
  'a folded header': () => get([host, 'Accept: a', ' b']),
  'a null character in a header': () => get([host, 'Accept: a\0b']),
  'a control character in a name': () => get([host, 'Acc\x01ept: a']),
  'a bare line feed': () => get([host, 'Accept: a\nX-Other: b']),
  'a bare carriage return': () => get([host, 'Accept: a\rX-Other: b']),
  'line feeds only': () => 'GET /healthz HTTP/1.1\nHost: 127.0.0.1\n\n',
  'no Host': () => get([]),
  'two API keys': () => get([host, 'Authorization: Bearer a', `Authorization: Bearer b`]),
  'two types of a body': () => start(['content-type: text/plain', 'Content-Length: 2'], '{}'),
  'two Hosts': () => get([host, 'Host: evil.example']),
  'a lower-case method': () => get([host], 'get /healthz HTTP/1.1'),
  'a method of signs': () => get([host], 'G@T /healthz HTTP/1.1'),
  'a method of its own': () => get([host], 'STEAL /healthz HTTP/1.1'),
  'the version of another time': () => get([host], 'GET /healthz HTTP/9.9'),
  'a version without a dot': () => get([host], 'GET /healthz HTTP/11'),
  'another protocol': () => get([host], 'GET /healthz ICE/1.0'),
  'the preface of HTTP/2': () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a tab for a blank': () => get([host], 'GET\t/healthz HTTP/1.1'),
  'no target': () => get([host], 'GET  HTTP/1.1'),
  'a target without a slash': () => get([host], 'GET healthz HTTP/1.1'),
  'a blank in the target': () => get([host], 'GET /health z HTTP/1.1'),
  'a null character in the target': () => get([host], 'GET /health\0z HTTP/1.1'),
  'a line feed in the target': () => get([host], 'GET /health\nz HTTP/1.1'),
  'a TLS greeting': () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
  'a greeting of SSH': () => 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
  'random bytes': () =>
    Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join(''),
  'a header of 100 kB': () => get([host, `X: ${'a'.repeat(100_000)}`]),
  'an address of 100 kB': () => get([host], `GET /${'a'.repeat(100_000)} HTTP/1.1`),
  'a thousand long headers': () => get([host, ...Array(1_000).fill(`X: ${'a'.repeat(50)}`)]),
};

test('a request of two meanings is refused, and nothing after it is read', async (t) => {
  for (const [name, make] of Object.entries(refused)) {
    await t.test(`${name}: refused and closed`, async () => {
      const { answers, isClosed } = await speak(server.url, make());
      assert.ok(isClosed, 'the connection stays open');
      assert.equal(answers.length, 1, JSON.stringify(answers.map(({ status }) => status)));
      for (const answer of answers) {
        judgeAnswer(name, answer);
        assert.ok(answer.status >= 400, name);
      }
    });
  }
  const { body } = await server.call('GET', '/v1/verifications?reference=smuggled');
  assert.deepEqual(body.items, []);
});

/** What is odd and still means one thing. */
const served: readonly (readonly [string, () => string, readonly number[]])[] = [
  ['HTTP/1.0 without a Host', () => get([], 'GET /healthz HTTP/1.0'), [200]],
  ['no version at all', () => get([host], 'GET /healthz'), [200]],
  ['two blanks', () => get([host, 'Connection: close'], 'GET  /healthz HTTP/1.1'), [200]],
  ['an expectation nobody knows', () => get([host, 'Connection: close', 'Expect: x']), [200]],
  ['empty lines in front', () => `\r\n\r\n${get([host, 'Connection: close'])}`, [200]],
  [
    'an absolute address of another host',
    () => get([host, 'Connection: close'], 'GET http://evil.example/healthz HTTP/1.1'),
    [200, 404],
  ],
  ['a star for a target', () => get([host, 'Connection: close'], 'OPTIONS * HTTP/1.1'), [404]],
  ['TRACE', () => get([host, 'Connection: close'], 'TRACE /healthz HTTP/1.1'), [405]],
  [
    'a rare method',
    () => get([host, 'Connection: close'], 'PROPFIND /healthz HTTP/1.1'),
    [404, 405],
  ],
  [
    'an upgrade that is not had',
    () => get([host, 'Connection: Upgrade, close', 'Upgrade: websocket']),
    [200],
  ],
  [
    'an upgrade to HTTP/2',
    () => get([host, 'Connection: Upgrade, HTTP2-Settings, close', 'Upgrade: h2c']),
    [200],
  ],
  ['a body that a GET has', () => get([host, 'Connection: close', 'Content-Length: 0']), [200]],
  [
    'two hundred headers',
    () => get([host, 'Connection: close', ...Array(200).fill('X: a')]),
    [431],
  ],
  [
    'an expectation that is met',
    () => start(['Expect: 100-continue', 'Connection: close', 'Content-Length: 2'], '{}'),
    [100, 422],
  ],
  [
    'chunks of one byte, with extensions and trailers',
    () => start([chunked, 'Connection: close'], '1;a=b\r\n{\r\n1\r\n}\r\n0\r\nX: y\r\n\r\n'),
    [422],
  ],
];

test('a request that is odd and clear gets its answer', async (t) => {
  for (const [name, make, statuses] of served) {
    await t.test(`${name}: answered`, async () => {
      const { answers, isClosed } = await speak(server.url, make());
      assert.ok(isClosed, 'the connection stays open');
      assert.ok(answers.length > 0, 'no answer');
      for (const answer of answers) {
        assert.ok(statuses.includes(answer.status), `${name}: ${JSON.stringify(answer)}`);
        if (answer.status !== 100) judgeAnswer(name, answer);
      }
    });
  }
});

test('fifty requests in one write get fifty answers in their order', async () => {
  const paths = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? '/healthz' : '/none'));
  const requests = paths.map((path) => get([host], `GET ${path} HTTP/1.1`));
  const last = get([host, 'Connection: close'], 'GET /readyz HTTP/1.1');
  const { answers } = await speak(server.url, `${requests.join('')}${last}`);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [...paths.map((path) => (path === '/healthz' ? 200 : 404)), 200],
  );
});

test('a body of 50 MB is answered with 413, and the connection is good for the next', async () => {
  const large = Buffer.alloc(50_000_000, ' ');
  const head = start([`Content-Length: ${large.length}`], '');
  const next = rawRequest({ target: '/healthz' });
  const bytes = Buffer.concat([Buffer.from(head), large, next]);
  const { answers, isClosed } = await speak(server.url, bytes, { timeoutMs: 20_000 });
  assert.ok(isClosed);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [413, 200],
  );
});

test('who goes away in the middle of a body starts nothing', async () => {
  const body = '{"recipient":"+14155550199","reference":"smuggled"}';
  const bytes = start([`Content-Length: ${body.length + 10}`], body);
  await Promise.all(Array.from({ length: 20 }, () => speak(server.url, bytes, { timeoutMs: 50 })));
  const { body: list } = await server.call('GET', '/v1/verifications?reference=smuggled');
  assert.deepEqual(list.items, []);
});

/** Everything that stops half-way or trickles: each connection ends by itself. */
const slow: Readonly<Record<string, () => Promise<Spoken>>> = {
  'half a header': () => speak(server.url, 'GET /healthz HTTP/1.1\r\nHos', slowly),
  'a header that never ends': () =>
    speak(server.url, 'GET /healthz HTTP/1.1\r\n', {
      ...slowly,
      drip: { bytes: 'X: a\r\n', everyMs: 900 },
    }),
  'a body that stops': () => speak(server.url, start(['Content-Length: 100'], '{'), slowly),
  'a body that trickles': () =>
    speak(server.url, start(['Content-Length: 4000'], '{'), {
      ...slowly,
      drip: { bytes: ' ', everyMs: 900 },
    }),
  'chunks that trickle': () =>
    speak(server.url, start([chunked], ''), {
      ...slowly,
      drip: { bytes: '1\r\n \r\n', everyMs: 900 },
    }),
  'a body too large that trickles on after its answer': () =>
    speak(server.url, start(['Content-Length: 40000000'], '{'), {
      ...slowly,
      drip: { bytes: ' ', everyMs: 900 },
    }),
};
/** The 15 s of a request and the 2 s between two looks, with room for a busy machine. */
const slowly = { timeoutMs: 25_000 };

test('who is slow is turned away in time, and holds nobody else up', async (t) => {
  const idle = Array.from({ length: 300 }, () => speak(server.url, 'G', slowly));
  const endings = Object.entries(slow).map(async ([name, begin]) => ({ name, end: await begin() }));
  for (let number = 0; number < 20; number++) {
    const startedAtMs = performance.now();
    assert.equal((await server.call('GET', '/readyz')).status, 200);
    assert.ok(performance.now() - startedAtMs < 2_000, 'others are held up');
  }
  for (const { name, end } of await Promise.all(endings)) {
    assert.ok(end.isClosed, `${name}: still open after ${end.tookMs} ms`);
    const statuses = end.answers.map(({ status }) => status);
    assert.ok([408, 413].includes(statuses[0] ?? 0), `${name}: ${statuses}`);
    t.diagnostic(`${name}: ${statuses} after ${end.tookMs} ms`);
  }
  const opened = (await Promise.all(idle)).filter(({ isClosed }) => !isClosed);
  assert.equal(opened.length, 0);
});

test('the log stays one JSON object on each line', () => {
  const lines = logLines(server);
  assert.ok(lines.length > 20);
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object');
});
