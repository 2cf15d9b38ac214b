import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { after, test } from 'node:test';
import { apiKey, openApp, pendingView } from '#api/app.fixture.ts';
import { ok } from '#domain/refusal.ts';

/** What only shows on a real connection: everything that Node's parser sees before any route. */
let started = 0;
const { app } = openApp({
  async startVerification() {
    started += 1;
    return ok({ view: pendingView, isReplay: false });
  },
});
await app.listen({ host: '127.0.0.1', port: 0 });
const { port } = app.server.address() as AddressInfo;
after(() => app.close());

/** Sends bytes as they are and reads until the server closes. */
async function speak(request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(request);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('utf8');
}

function post(lines: readonly string[], body = '{"recipient":"x"}'): string {
  const head = [
    'POST /v1/verifications HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${apiKey}`,
    'Content-Type: application/json',
    'Connection: close',
    ...lines,
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

const broken: readonly (readonly [string, string, number])[] = [
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['an unknown method', 'STEAL / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a bare line feed in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n', 400],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n', 400],
  ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
  ['a length and chunks', post(['Content-Length: 17', 'Transfer-Encoding: chunked']), 400],
  ['two lengths', post(['Content-Length: 17', 'Content-Length: 18']), 400],
  ['a signed length', post(['Content-Length: +17']), 400],
  ['headers of 20 kB', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(20_000)}\r\n\r\n`, 431],
  ['an address of 20 kB', `GET /${'b'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ['two keys', post(['Content-Length: 17', 'Idempotency-Key: a', 'Idempotency-Key: b']), 400],
];

for (const [name, request, status] of broken) {
  test(`${name}: answered with ${status} and closed`, async () => {
    const answer = await speak(request);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(answer, /\r\nrequest-id: req_/i);
    assert.match(answer, /\r\nconnection: close/i);
  });
}

test('what the parser turns down is answered in the form of every error', async () => {
  const answer = await speak('hello\r\n\r\n');
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const problem = JSON.parse(body);
  assert.equal(problem.code, 'request_malformed');
  assert.match(head, /Content-Type: application\/problem\+json/);
  assert.ok(head.includes(`Request-Id: ${problem.requestId}`));
  assert.match(head, /Cache-Control: no-store/);
});

test('a well-formed request is served', async () => {
  assert.match(await speak(post(['Content-Length: 17'])), /^HTTP\/1\.1 201 /);
});

test('a body that ends early starts nothing', async () => {
  const before = started;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.end(post(['Content-Length: 4000']));
  await once(socket, 'end');
  assert.match(Buffer.concat(chunks).toString('utf8'), /^HTTP\/1\.1 400 /);
  assert.equal(started, before);
});
