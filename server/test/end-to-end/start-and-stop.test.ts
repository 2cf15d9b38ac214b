import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

test('production does not start on a folder whose development key still opens something', async () => {
  const ring = generateRingEntry(new Date());
  const server = await startDevelopmentServer({ WATCHWORD_KEYS: ring });
  const environment = { WATCHWORD_DATA: server.folder, WATCHWORD_KEYS: ring };
  try {
    await server.stop();
    const refused = call(['serve'], environment);
    assert.equal(await refused.exited, 1, refused.output());
    assert.match(refused.output(), /was used by `watchword dev`.*`watchword api-key revoke <id>`/);
    const [id = ''] = /key_[0-9a-z]+/.exec(refused.output()) ?? [];
    const revoked = call(['api-key', 'revoke', id], environment);
    assert.equal(await revoked.exited, 0, revoked.output());

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
