import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { ConnectionPool } from './connection-pool.ts';
import { createEgress, type OriginSettings } from './egress.ts';
import type { OutboundRequest } from './http-exchange.ts';

const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const forged = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged';
const never = new AbortController().signal;

interface Peer {
  readonly ask: (target: string, more?: Partial<OutboundRequest>) => Promise<string>;
  readonly close: () => Promise<void>;
  /** Of all connections so far, what arrived on each. */
  readonly received: string[];
  readonly sockets: Socket[];
  readonly port: number;
}

/** A server that does with a connection what the test says, and an origin that leads to it. */
async function withPeer(
  onRequest: (socket: Socket, text: string) => void,
  use: (peer: Peer) => Promise<void>,
  settings: OriginSettings = {},
): Promise<void> {
  const received: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const at = received.push('') - 1;
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      received[at] += bytes.toString();
      onRequest(socket, bytes.toString());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const egress = createEgress({ allow: [`127.0.0.1:${address.port}`] });
  const origin = egress.openOrigin(new URL(`http://127.0.0.1:${address.port}`), settings);
  const ask: Peer['ask'] = async (target, more = {}) => {
    const request = { method: 'POST', headers: {}, body: 'x', signal: never, target } as const;
    const answer = await origin.request({ ...request, ...more });
    return answer.kind === 'answered' ? answer.body : `${answer.kind}: ${answer.reason}`;
  };
  try {
    await use({ ask, close: () => origin.close(), received, sockets, port: address.port });
  } finally {
    for (const socket of sockets) socket.destroy();
    await origin.close();
    server.close();
  }
}

test('a request goes out as it is written, and the next one on the same connection', async () => {
  await withPeer(
    (socket) => socket.write(hello),
    async ({ ask, received }) => {
      assert.equal(await ask('/a', { headers: { 'x-a': 'b' }, body: '{"é":1}' }), 'hello');
      assert.equal(await ask('/b', { body: null }), 'hello');
      assert.equal(await ask('/c', { method: 'GET', body: null }), 'hello');
      assert.equal(received.length, 1);
      const head = 'host: 127.0.0.1:\\d+\r\nconnection: keep-alive\r\n';
      const first = `POST /a HTTP/1.1\r\n${head}x-a: b\r\ncontent-length: 8\r\n\r\n{"é":1}`;
      const second = `POST /b HTTP/1.1\r\n${head}content-length: 0\r\n\r\n`;
      const third = `GET /c HTTP/1.1\r\n${head}\r\n`;
      assert.match(received[0] ?? '', new RegExp(`^${first}${second}${third}$`));
    },
  );
});

const unwritable: readonly (readonly [name: string, request: Partial<OutboundRequest>])[] = [
  ['a line break in a header', { headers: { 'x-a': 'b\r\nc: d' } }],
  ['half a line break in a header', { headers: { 'x-a': 'b\rc: d' } }],
  ['the other half in a header', { headers: { 'x-a': 'b\nc: d' } }],
  ['a line break behind a header', { headers: { 'x-a': 'b\n' } }],
  ['a zero byte in a header', { headers: { 'x-a': 'b\0' } }],
  ['a letter that becomes a line break in one byte', { headers: { 'x-a': 'b\u010a' } }],
  ['a line break in a name', { headers: { 'x-a: b\r\nc': 'd' } }],
  ['no name', { headers: { '': 'b' } }],
  ['a coding of its own', { headers: { 'transfer-encoding': 'chunked' } }],
  ['a blank in a name', { headers: { 'x a': 'b' } }],
  ['a header of the framing', { headers: { 'Content-Length': '1' } }],
  ['a header of the connection', { headers: { connection: 'close' } }],
  ['a second host', { headers: { host: 'other' } }],
  ['a blank in the target', { target: '/a b' }],
  ['a line break in the target', { target: '/a\r\nb: c' }],
  ['a line break behind the target', { target: '/a\n' }],
  ['a zero byte in the target', { target: '/a\0' }],
  ['a target that is not encoded', { target: '/\u010a' }],
  ['an empty target', { target: '' }],
  ['a target that is no path', { target: 'http://other/' }],
];

for (const [name, request] of unwritable) {
  test(`a request with ${name} does not leave`, async () => {
    await withPeer(
      (socket) => socket.write(hello),
      async ({ ask, received }) => {
        assert.match(await ask('/', request), /^not_sent: .* HTTP cannot carry\.$/);
        assert.equal(received.length, 0);
      },
    );
  });
}

test('what stands behind an answer never becomes the next one', async () => {
  await withPeer(
    (socket) => socket.write(hello + forged),
    async ({ ask, received }) => {
      assert.deepEqual([await ask('/a'), await ask('/b')], ['hello', 'hello']);
      assert.equal(received.length, 2);
    },
  );
});

test('a body announced by an answer that has none never becomes the next one', async () => {
  await withPeer(
    (socket) => socket.write(`HTTP/1.1 204 No\r\nContent-Length: ${forged.length}\r\n\r\n`),
    async ({ ask, received, sockets }) => {
      assert.equal(await ask('/a'), '');
      sockets[0]?.write(forged);
      assert.equal(await ask('/b'), '');
      assert.equal(received.length, 2);
    },
  );
});

test('an answer that comes before its request was sent is the last of its connection', async () => {
  const large = 'x'.repeat(32 * 1_048_576);
  await withPeer(
    (socket, text) => {
      // The answer to the large request is written at once, and the rest of it never read.
      if (text.startsWith('POST /large')) socket.pause();
      if (text.startsWith('POST /')) socket.write(hello);
    },
    async ({ ask, sockets }) => {
      assert.equal(await ask('/large', { body: large }), 'hello');
      assert.equal(await ask('/b'), 'hello');
      assert.equal(sockets.length, 2);
    },
    { answerTimeoutMs: 5_000 },
  );
});

test('what a connection says unasked never becomes an answer', async () => {
  await withPeer(
    (socket) => socket.write(hello),
    async ({ ask, sockets }) => {
      await ask('/a');
      const [first] = sockets;
      assert.ok(first !== undefined);
      first.write(forged);
      await once(first, 'close');
      assert.equal(await ask('/b'), 'hello');
      assert.equal(sockets.length, 2);
    },
  );
});

test('a connection that the other side closes is replaced by a new one', async () => {
  await withPeer(
    (socket, text) => {
      if (text.includes('/a')) socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbye');
      else socket.write(hello);
    },
    async ({ ask, sockets }) => {
      assert.equal(await ask('/a'), 'bye');
      assert.equal(await ask('/b'), 'hello');
      sockets[1]?.end();
      await once(sockets[1] ?? assert.fail(), 'close');
      assert.equal(await ask('/c'), 'hello');
      assert.equal(sockets.length, 3);
    },
  );
});

/** Asks over sockets that the test holds as well: our ends of the connections. */
async function withOwnSockets(
  { port, sockets }: Peer,
  use: (ask: Peer['ask'], own: Socket[]) => Promise<void>,
): Promise<void> {
  const own: Socket[] = [];
  const pool = new ConnectionPool({
    host: 'peer.example',
    connectionsMax: 2,
    answerTimeoutMs: 5_000,
    connect(whenUp) {
      const socket = connect(port, '127.0.0.1', whenUp);
      own.push(socket);
      return socket;
    },
  });
  const ask: Peer['ask'] = async (target) => {
    const request = { method: 'GET', headers: {}, body: null, signal: never, target } as const;
    const answer = await pool.request(request);
    return answer.kind === 'answered' ? answer.body : `${answer.kind}: ${answer.reason}`;
  };
  await use(ask, own);
  for (const socket of sockets) socket.destroy();
  await pool.close();
}

const idleEnds: readonly (readonly [name: string, end: (theirs: Socket) => void, told: string])[] =
  [
    ['ended', (theirs) => theirs.end(), 'end'],
    ['heard something unasked on', (theirs) => theirs.write(forged), 'data'],
  ];

for (const [name, end, told] of idleEnds) {
  test(`an idle connection that the other side just ${name} takes no request`, async () => {
    await withPeer(
      (socket) => socket.write(hello),
      async (peer) =>
        withOwnSockets(peer, async (ask, own) => {
          for (let round = 0; round < 5; round += 1) {
            assert.equal(await ask(`/${round}`), 'hello');
            end(peer.sockets.at(-1) ?? assert.fail());
            // The next request comes at once: the connection has not told that it is closed yet.
            await once(own.at(-1) ?? assert.fail(), told);
          }
          assert.equal(await ask('/last'), 'hello');
          assert.equal(peer.received.length, 6);
        }),
    );
  });
}

test('a request that the system refuses to send is not sent, and the next one is', async () => {
  await withPeer(
    (socket) => socket.write(hello),
    async (peer) =>
      withOwnSockets(peer, async (ask, own) => {
        assert.equal(await ask('/a'), 'hello');
        // Closed with bytes that nobody read, a connection is reset. The system knows of it before
        // the event loop comes round to telling us.
        own[0]?.write('unread');
        const [theirs = assert.fail()] = peer.sockets;
        theirs.destroy();
        await once(theirs, 'close');
        assert.equal(await ask('/b'), 'not_sent: The connection was closed by the other side.');
        assert.equal(await ask('/c'), 'hello');
      }),
  );
});

const idleTimes: readonly (readonly [told: string, waitMs: number, connections: number])[] = [
  ['', 3_500, 1],
  ['', 4_100, 2],
  ['Keep-Alive: timeout=60\r\n', 4_100, 2],
  ['Keep-Alive: timeout=2\r\n', 500, 1],
  ['Keep-Alive: timeout=2\r\n', 1_100, 2],
  ['Keep-Alive: timeout=1\r\n', 0, 2],
];

for (const [told, waitMs, count] of idleTimes) {
  test(`requests ${waitMs} ms apart after "${told.trim()}" take ${count} sockets`, async (t) => {
    await withPeer(
      (socket) => socket.write(hello.replace('\r\n', `\r\n${told}`)),
      async ({ ask, received }) => {
        assert.equal(await ask('/a'), 'hello');
        const laterMs = performance.now() + waitMs;
        t.mock.method(performance, 'now', () => laterMs);
        assert.equal(await ask('/b'), 'hello');
        assert.equal(received.length, count);
      },
    );
  });
}

test('no more connections are open than may be, and everybody is answered', async () => {
  await withPeer(
    (socket) => setImmediate(() => socket.write(hello)),
    async ({ ask, sockets }) => {
      const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => ask(`/${at}`)));
      assert.deepEqual(new Set(answers), new Set(['hello']));
      assert.equal(sockets.length, 3);
    },
    { connectionsMax: 3 },
  );
});

test('an answer that does not begin in time is lost', async () => {
  await withPeer(
    () => {},
    async ({ ask }) => assert.equal(await ask('/'), 'lost: There was no answer in time.'),
    { answerTimeoutMs: 50 },
  );
});

test('a connection whose time ran out takes no other request', async () => {
  await withPeer(
    (socket, text) => {
      if (text.startsWith('POST /b')) socket.write(hello);
    },
    async ({ ask, received }) => {
      assert.equal(await ask('/a'), 'lost: There was no answer in time.');
      assert.equal(await ask('/b'), 'hello');
      const stop = AbortSignal.timeout(20);
      assert.equal(await ask('/c', { signal: stop }), 'lost: There was no answer in time.');
      assert.equal(await ask('/b'), 'hello');
      assert.equal(received.length, 3);
    },
    { answerTimeoutMs: 100, connectionsMax: 1 },
  );
});

test('an answer that is not HTTP is lost, and says so', async () => {
  await withPeer(
    (socket) => socket.write('220 mail.example ESMTP\r\n\r\n'),
    async ({ ask }) => assert.equal(await ask('/'), 'lost: The answer is not HTTP.'),
  );
});

test('closing waits for what is under way and sends nothing more', async () => {
  const begun = Promise.withResolvers<Socket>();
  await withPeer(
    (socket) => begun.resolve(socket),
    async ({ ask, close, received }) => {
      const underWay = ask('/a');
      const socket = await begun.promise;
      const closed = close();
      assert.equal(await ask('/b'), 'not_sent: The server is shutting down.');
      socket.write(hello);
      assert.equal(await underWay, 'hello');
      await closed;
      assert.equal(received.length, 1);
    },
  );
});
