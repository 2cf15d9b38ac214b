import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generateRingEntry } from '#service/key-ring.ts';
import { callServer, startDevelopmentServer, waitFor } from './running-server.ts';

const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));
const commandTimeoutMs = 30_000;

interface Called {
  readonly exited: Promise<number | null>;
  readonly output: () => string;
  readonly end: () => void;
}

function call(argv: readonly string[], environment: Readonly<Record<string, string>>): Called {
  const child = spawn(process.execPath, [watchword, ...argv], {
    env: { PATH: process.env['PATH'], WATCHWORD_PORT: '0', ...environment },
    timeout: commandTimeoutMs,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
    });
  }
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { exited, output: () => printed, end: () => child.kill('SIGTERM') };
}

test('production does not start while a key of the development application is live', async () => {
  const ring = generateRingEntry(new Date());
  const server = await startDevelopmentServer({ WATCHWORD_KEYS: ring });
  const environment = { WATCHWORD_DATA: server.folder, WATCHWORD_KEYS: ring };
  try {
    await server.stop();
    const refused = call(['serve'], environment);
    assert.equal(await refused.exited, 1, refused.output());
    assert.match(refused.output(), /was used by `watchword dev`.*`watchword api-key revoke key_/);
    const endings = [...refused.output().matchAll(/`watchword ([a-z-]+ revoke [^`]+)`/g)];
    assert.ok(endings.length >= 2, refused.output());
    for (const [, words = ''] of endings) {
      const revoked = call(words.split(' '), environment);
      assert.equal(await revoked.exited, 0, revoked.output());
    }

    const serving = call(['serve'], environment);
    const url = await waitFor(async () => /"url":"([^"]+)"/.exec(serving.output())?.[1], 20_000);
    const { status } = await callServer({ ...server, url }, 'GET', '/v1/application');
    assert.equal(status, 401);
    serving.end();
    assert.equal(await serving.exited, 0, serving.output());

    const again = await server.restart();
    try {
      assert.notEqual(again.apiKey, server.apiKey);
      assert.equal((await again.call('GET', '/v1/application')).body.id, server.application);
    } finally {
      await again.kill();
    }
  } finally {
    await server.remove();
  }
});

test('a server told to stop keeps to its time, and sends the rest when it is back', async () => {
  const taken: string[] = [];
  let isSlow = true;
  const gateway = createServer(async (request, response) => {
    const { to } = (await json(request)) as { to: string };
    taken.push(to);
    if (isSlow) return;
    response.setHeader('content-type', 'application/json').end('{"id": "m1"}');
  });
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  const door = `127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  const provider = { name: 'gateway', kind: 'http', manifest: 'webhook', url: `http://${door}/` };
  let server = await startDevelopmentServer({
    WATCHWORD_PROVIDERS: JSON.stringify([provider]),
    WATCHWORD_EGRESS_ALLOW: door,
    WATCHWORD_DELIVERY_ATTEMPT_TIMEOUT_SECONDS: '15',
    WATCHWORD_SHUTDOWN_TIMEOUT_SECONDS: '1',
  });
  const { hostname, port } = new URL(server.url);
  const halfRequest = connect(Number(port), hostname);
  try {
    halfRequest.on('error', () => {});
    halfRequest.write(
      `POST /v1/verifications HTTP/1.1\r\nHost: ${hostname}\r\n` +
        `Authorization: Bearer ${server.apiKey}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    );
    const recipient = '+14155550123';
    const started = await server.call('POST', '/v1/verifications', { recipient });
    assert.equal(started.status, 201, started.text);
    await waitFor(async () => taken.includes(recipient) || null);

    const beganAtMs = performance.now();
    const exitCode = await server.stop();
    const tookMs = performance.now() - beganAtMs;
    assert.equal(exitCode, 0, server.output());
    // The request has 15 s by its own bound, and so has the hand-over.
    assert.ok(tookMs < 6_000, `${Math.round(tookMs)} ms for a setting of one second`);

    isSlow = false;
    taken.length = 0;
    server = await server.restart();
    await waitFor(async () => taken.includes(recipient) || null);
  } finally {
    halfRequest.destroy();
    await server.remove();
    gateway.closeAllConnections();
    gateway.close();
  }
});

test('façades have their credentials in the file; one that is switched off is gone', async () => {
  const tokenPath = '/auth/v1/authentication/token';
  const readPart = (folder: string) =>
    JSON.parse(readFileSync(join(folder, 'dev-credentials.json'), 'utf8')).verifynow;
  const server = await startDevelopmentServer();
  try {
    const part = readPart(server.folder);
    for (const prefix of ['', '/compat/verifynow']) {
      const answer = await fetch(`${server.url}${prefix}${tokenPath}?${new URLSearchParams(part)}`);
      assert.match(((await answer.json()) as { token: string }).token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    }
    await server.stop();
    const again = await server.restart();
    await again.stop();
    assert.deepEqual(readPart(again.folder), part);
  } finally {
    await server.remove();
  }
  const without = await startDevelopmentServer({ WATCHWORD_FACADES: 'none' });
  try {
    assert.equal(readPart(without.folder), undefined);
    for (const prefix of ['', '/compat/verifynow']) {
      const answer = await fetch(`${without.url}${prefix}${tokenPath}`);
      assert.equal(answer.status, 404);
    }
  } finally {
    await without.remove();
  }
});
