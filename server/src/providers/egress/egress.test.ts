import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import { after, before, test } from 'node:test';
import { createEgress, type Egress } from './egress.ts';
import type { Resolve } from './guarded-connect.ts';
import { answerBytesMax, type OutboundRequest } from './http-exchange.ts';

const received: string[] = [];
let connections = 0;
let port = 0;
const server = createServer((request, response) => {
  received.push(`${request.method} ${request.url}`);
  answer(request, response);
});
server.on('connection', () => {
  connections += 1;
});

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '/';
  if (path === '/redirect') response.writeHead(302, { location: '/followed' }).end();
  else if (path === '/big') response.end('x'.repeat(10 * answerBytesMax));
  else if (path === '/break') {
    response.writeHead(200, { 'content-length': 100 }).write('half');
    setImmediate(() => request.socket.destroy());
  } else if (path === '/vanish') request.socket.destroy();
  else if (path !== '/silent') response.writeHead(200, { 'x-answer': 'yes' }).end('hello');
}

before(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  port = address.port;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const never = new AbortController().signal;

function ask(target: string, more: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'GET', target, headers: {}, body: null, signal: never, ...more };
}

async function withEgress(
  settings: { allow: string[]; resolve?: Resolve },
  use: (egress: Egress) => Promise<void>,
): Promise<void> {
  const egress = createEgress(settings);
  try {
    await use(egress);
  } finally {
    await egress.close();
  }
}

/** A name server that answers as told, one answer after the other, the last one for good. */
function lyingResolver(...answers: string[][]): Resolve {
  let asked = 0;
  const resolve = (
    _hostname: string,
    _options: object,
    callback: (error: null, addresses: { address: string; family: number }[]) => void,
  ): void => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return resolve as unknown as Resolve; // dns.lookup has six overloads; the guard uses this one
}

test('a request reaches a listed address and its answer is read', async () => {
  await withEgress({ allow: [`127.0.0.1:${port}`] }, async (egress) => {
    const origin = egress.openOrigin(new URL(`http://127.0.0.1:${port}`));
    const result = await origin.request(ask('/ok?a=1'));
    await origin.close();
    assert.equal(result.kind, 'answered');
    assert.ok(result.kind === 'answered');
    assert.deepEqual([result.status, result.body, result.isCutShort], [200, 'hello', false]);
    assert.equal(result.headers['x-answer'], 'yes');
  });
});

for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '[::1]', '0.0.0.0']) {
  test(`nothing connects to an address that is not listed: ${host}`, async () => {
    await withEgress({ allow: [] }, async (egress) => {
      const before = connections;
      const result = await egress.request(new URL(`http://${host}:${port}/secret`), ask('/'));
      assert.equal(result.kind, 'not_sent');
      assert.match(result.kind === 'not_sent' ? result.reason : '', /private, local or reserved/);
      assert.equal(connections, before);
      await assert.rejects(egress.openSocket({ host: host.replace(/[[\]]/g, ''), port }, 1_000), {
        code: 'EGRESS_REFUSED',
      });
    });
  });
}

test('a name that turns to a private address after it was saved is refused', async () => {
  const resolve = lyingResolver(['127.0.0.1']);
  await withEgress({ allow: [], resolve }, async (egress) => {
    const saved = egress.checkUrl(`http://rebind.example.com:${port}/`, '/callbackUrl');
    assert.ok(saved.ok);
    const before = connections;
    const result = await egress.request(saved.value, ask('/'));
    assert.equal(result.kind, 'not_sent');
    assert.equal(connections, before);
  });
});

test('a name is resolved once for a connection, which goes to that answer', async () => {
  // The second answer would be a forbidden address: it is never asked for.
  const resolve = lyingResolver(['127.0.0.1'], ['169.254.169.254']);
  await withEgress({ allow: [`127.0.0.1:${port}`], resolve }, async (egress) => {
    const result = await egress.request(new URL(`http://two-faced.example.com:${port}/x`), ask(''));
    assert.equal(result.kind, 'answered');
  });
});

test('of several addresses of a name only permitted ones are tried', async () => {
  const resolve = lyingResolver(['10.9.9.9', '127.0.0.1', 'fd00::1']);
  await withEgress({ allow: [`127.0.0.1:${port}`], resolve }, async (egress) => {
    const result = await egress.request(new URL(`http://mixed.example.com:${port}/x`), ask(''));
    assert.equal(result.kind, 'answered');
    const socket = await egress.openSocket({ host: 'mixed.example.com', port }, 1_000);
    assert.equal(socket.remoteAddress, '127.0.0.1');
    socket.destroy();
  });
});

test('a redirect is an answer and is not followed', async () => {
  await withEgress({ allow: [`127.0.0.1:${port}`] }, async (egress) => {
    const result = await egress.request(new URL(`http://127.0.0.1:${port}/redirect`), ask(''));
    assert.equal(result.kind === 'answered' ? result.status : 0, 302);
    assert.ok(!received.includes('GET /followed'));
  });
});

test('an answer without end is cut at its bound', async () => {
  await withEgress({ allow: [`127.0.0.1:${port}`] }, async (egress) => {
    const result = await egress.request(new URL(`http://127.0.0.1:${port}/big`), ask(''));
    assert.ok(result.kind === 'answered');
    assert.equal(result.isCutShort, true);
    assert.equal(result.body.length, answerBytesMax);
  });
});

test('an answer that breaks off keeps its status and is marked', async () => {
  await withEgress({ allow: [`127.0.0.1:${port}`] }, async (egress) => {
    const result = await egress.request(new URL(`http://127.0.0.1:${port}/break`), ask(''));
    assert.ok(result.kind === 'answered');
    assert.deepEqual([result.status, result.isCutShort], [200, true]);
  });
});

test('a request that went out and got no answer is lost, not unsent', async () => {
  await withEgress({ allow: [`127.0.0.1:${port}`] }, async (egress) => {
    const stop = new AbortController();
    server.once('request', () => stop.abort());
    const url = new URL(`http://127.0.0.1:${port}/silent`);
    assert.equal((await egress.request(url, ask('', { signal: stop.signal }))).kind, 'lost');
    const gone = new URL(`http://127.0.0.1:${port}/vanish`);
    assert.equal((await egress.request(gone, ask(''))).kind, 'lost');
  });
});

test('a request whose time was up before it left is unsent and never leaves', async () => {
  await withEgress({ allow: [`127.0.0.1:${port}`] }, async (egress) => {
    const origin = egress.openOrigin(new URL(`http://127.0.0.1:${port}`), { connectionsMax: 1 });
    const first = new AbortController();
    const second = new AbortController();
    const reached = new Promise((done) => server.once('request', done));
    const blocking = origin.request(ask('/silent', { signal: first.signal }));
    await reached;
    const queued = origin.request(ask('/queued', { signal: second.signal }));
    second.abort();
    assert.equal((await queued).kind, 'not_sent');
    first.abort();
    assert.equal((await blocking).kind, 'lost');
    assert.equal((await origin.request(ask('/after'))).kind, 'answered');
    await origin.close();
    assert.ok(!received.includes('GET /queued'));
    const early = await egress.request(
      new URL(`http://127.0.0.1:${port}/early`),
      ask('', { signal: AbortSignal.abort() }),
    );
    assert.equal(early.kind, 'not_sent');
    assert.ok(!received.includes('GET /early'));
  });
});

test('a port where nobody listens is unsent', async () => {
  const closed = createSocketServer();
  await new Promise<void>((done) => closed.listen(0, '127.0.0.1', done));
  const address = closed.address();
  assert.ok(address !== null && typeof address === 'object');
  await new Promise((done) => closed.close(done));
  await withEgress({ allow: ['127.0.0.0/8'] }, async (egress) => {
    const result = await egress.request(new URL(`http://127.0.0.1:${address.port}/`), ask(''));
    assert.deepEqual(result, { kind: 'not_sent', reason: 'The connection was refused.' });
  });
});

test('a header that would break the framing is unsent and does not throw', async () => {
  await withEgress({ allow: [`127.0.0.1:${port}`] }, async (egress) => {
    const url = new URL(`http://127.0.0.1:${port}/split`);
    const result = await egress.request(url, ask('', { headers: { 'x-a': 'b\r\nx-c: d' } }));
    assert.equal(result.kind, 'not_sent');
    assert.ok(!received.includes('GET /split'));
  });
});

test('hundreds of callback origins do not keep connections for ever', async () => {
  const resolve = lyingResolver(['127.0.0.1']);
  await withEgress({ allow: ['127.0.0.0/8'], resolve }, async (egress) => {
    for (let at = 0; at < 300; at += 1) {
      const url = new URL(`http://host-${at}.example.com:${port}/many`);
      assert.equal((await egress.request(url, ask(''))).kind, 'answered');
    }
    const open = await new Promise<number>((done) => {
      server.getConnections((_, count) => done(count));
    });
    assert.ok(open <= 270, `${open} connections are open`);
  });
});

test('a bad allow list is a mistake of the builder and is thrown', () => {
  assert.throws(() => createEgress({ allow: ['nonsense'] }), /neither host:port/);
});
