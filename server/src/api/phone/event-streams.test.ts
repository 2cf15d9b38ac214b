import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { bufferedBytesMax, createEventStreams, streamsMax } from '#api/phone/event-streams.ts';

/** The streams behind a real server, and how often somebody came first and went last. */
async function serve(context: TestContext) {
  const calls: string[] = [];
  const streams = createEventStreams(
    () => calls.push('first'),
    () => calls.push('last'),
  );
  const refused: number[] = [];
  const server: Server = createServer((_request, response) => {
    if (streams.open(response)) return;
    refused.push(1);
    response.writeHead(429).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  async function listen(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    sockets.push(socket);
    socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    return socket;
  }
  return { streams, calls, refused, server, listen };
}

async function read(socket: Socket, until: string): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes(until)) return text;
  }
  return text;
}

test('an event reaches everybody who listens, as one block with its kind', async (context) => {
  const { streams, listen } = await serve(context);
  const sockets = [await listen(), await listen()];
  for (const socket of sockets) await read(socket, 'retry: 1000\n\n');
  streams.write('message', { text: 'two\nlines' });
  for (const socket of sockets) {
    const block = await read(socket, 'lines');
    assert.match(block, /event: message\ndata: \{"text":"two\\nlines"\}\n\n/);
  }
});

test('the source is asked only while somebody listens', async (context) => {
  const { calls, listen } = await serve(context);
  const first = await listen();
  await read(first, 'retry');
  const second = await listen();
  await read(second, 'retry');
  assert.deepEqual(calls, ['first']);
  const ended = once(first, 'close');
  first.destroy();
  await ended;
  second.destroy();
  const third = await listen();
  await read(third, 'retry');
  // Whether the third came before the second was seen to go, there is never a first without a last.
  assert.match(calls.join(' '), /^first( last first)?$/);
});

test('one page too many is turned away until another one has gone', async (context) => {
  const { refused, listen } = await serve(context);
  const sockets: Socket[] = [];
  for (let count = 0; count < streamsMax; count++) {
    const socket = await listen();
    await read(socket, 'retry');
    sockets.push(socket);
  }
  assert.match(await read(await listen(), '\r\n'), /^HTTP\/1\.1 429 /);
  assert.equal(refused.length, 1);
  sockets[0]?.destroy();
  // The server sees the closing some turns later.
  for (let answer = ''; !answer.includes(' 200 '); ) answer = await read(await listen(), '\r\n');
});

test('a page that does not read is sent away, and the others stay', async (context) => {
  const { streams, listen } = await serve(context);
  const slow = await listen();
  await read(slow, 'retry');
  slow.pause();
  const quick = await listen();
  await read(quick, 'retry');
  let received = 0;
  quick.on('data', (chunk) => {
    received += String(chunk).length;
  });
  const gone = new Promise((resolve) => slow.once('close', resolve));
  const filler = 'x'.repeat(bufferedBytesMax / 8);
  let written = 0;
  // Far more than the buffers of both ends of a connection hold.
  for (let round = 0; round < 400; round++) {
    streams.write('message', { filler });
    written += filler.length;
    await new Promise((resolve) => setImmediate(resolve));
    while (received < written) await once(quick, 'data');
  }
  slow.resume();
  await gone;
  assert.ok(received >= written);
});

test('silence is broken by heartbeats, so that no proxy ends the stream', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const { listen } = await serve(context);
  const socket = await listen();
  await read(socket, 'retry');
  context.mock.timers.tick(15_000);
  assert.match(await read(socket, '\n:\n\n'), /^[0-9a-f]*\r?\n?:\n\n/);
});
