import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '../end-to-end/running-server.ts';
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts';
import type { Disturbance } from './schedule.ts';

/** Stands for the database: keeps what it hears, and says everything again. */
const heard: string[] = [];
const far = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    heard.push(chunk.toString());
    socket.write(chunk);
  });
});
let proxy: DatabaseProxy;

before(async () => {
  far.listen(0, '127.0.0.1');
  await once(far, 'listening');
  proxy = await startDatabaseProxy((far.address() as AddressInfo).port);
});
after(async () => {
  await proxy.close();
  far.close();
});
beforeEach(() => {
  proxy.calm();
  heard.length = 0;
});

interface Line {
  readonly socket: Socket;
  readonly answers: string[];
  isEnded: boolean;
}

async function open(): Promise<Line> {
  const socket = connect(proxy.port, '127.0.0.1');
  const line: Line = { socket, answers: [], isEnded: false };
  socket.on('data', (chunk) => line.answers.push(chunk.toString()));
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    line.isEnded = true;
  });
  await once(socket, 'connect');
  return line;
}

async function ask(line: Line, text: string): Promise<void> {
  line.socket.write(text);
  await untilTrue(() => line.answers.join('').endsWith(text));
}

function untilTrue(look: () => boolean): Promise<unknown> {
  return waitFor(async () => (look() ? true : null), 2_000);
}

/** Nothing can be waited for where nothing may happen: far longer than loopback takes. */
const silenceMs = 120;

const silences: readonly [Disturbance, boolean][] = [
  ['stalled', false],
  ['stalled to the database', false],
  ['stalled from the database', true],
];
for (const [disturbance, isHeard] of silences) {
  test(`a line that is ${disturbance} is silent, and goes on where it was`, async () => {
    const line = await open();
    await ask(line, 'one');
    proxy.disturb(disturbance);
    line.socket.write('two');
    const late = await open();
    late.socket.write('three');
    await pause(silenceMs);
    assert.deepEqual(line.answers.concat(late.answers), ['one']);
    assert.equal(heard.includes('two'), isHeard);
    assert.deepEqual([line.isEnded, late.isEnded], [false, false]);
    proxy.calm();
    await untilTrue(() => line.answers.join('') === 'onetwo');
    await untilTrue(() => late.answers.join('') === 'three');
    line.socket.destroy();
    late.socket.destroy();
  });
}

test('a cut ends every line and lets no new one in until it is over', async () => {
  const line = await open();
  await ask(line, 'one');
  proxy.disturb('cut');
  await untilTrue(() => line.isEnded);
  // Refused while it connects, or right after.
  const refused = await open().catch(() => null);
  await untilTrue(() => refused?.isEnded ?? true);
  assert.equal(proxy.connections(), 0);
  proxy.calm();
  const fresh = await open();
  await ask(fresh, 'two');
  fresh.socket.destroy();
});

test('a reset ends the lines of its moment, and new ones pass', async () => {
  const line = await open();
  await ask(line, 'one');
  proxy.disturb('reset');
  await untilTrue(() => line.isEnded);
  const fresh = await open();
  await ask(fresh, 'two');
  fresh.socket.destroy();
});

test('a line that was forgotten stays silent for good, and new ones pass', async () => {
  const line = await open();
  await ask(line, 'one');
  proxy.disturb('forgotten');
  proxy.calm();
  line.socket.write('two');
  const fresh = await open();
  await ask(fresh, 'three');
  await pause(silenceMs);
  assert.deepEqual([line.answers, line.isEnded], [['one'], false]);
  line.socket.destroy();
  fresh.socket.destroy();
});

test('a slow line loses nothing and keeps the order', async () => {
  const line = await open();
  proxy.disturb('slow');
  const begin = performance.now();
  for (const part of ['a', 'b', 'c', 'd']) line.socket.write(part);
  await untilTrue(() => line.answers.join('') === 'abcd');
  assert.ok(performance.now() - begin > 100);
  line.socket.destroy();
});
