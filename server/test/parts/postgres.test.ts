import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { partOrSkip } from './part.ts';
import { findPostgres, startPostgres } from './postgres.ts';
import { makeFolder, unprivilegedUser } from './watched-process.ts';

const goneWithinMs = 15_000;

async function query(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

test('what was committed before a kill -9 of the server is there after its restart', async (t) => {
  const programs = partOrSkip(t, findPostgres());
  if (programs === null) return;
  const server = await startPostgres(programs);
  try {
    const url = await server.createDatabase();
    assert.equal(await query(url, 'SHOW fsync'), 'on');
    await query(url, 'CREATE TABLE kept AS SELECT 7 AS value');
    for (let round = 0; round < 3; round += 1) {
      await server.kill();
      await assert.rejects(query(url, 'SELECT 1'), { code: 'ECONNREFUSED' });
      await server.restart();
      assert.equal(await query(url, 'SELECT value FROM kept'), 7);
    }
    const other = await server.createDatabase();
    await assert.rejects(query(other, 'SELECT value FROM kept'), { code: '42P01' });
  } finally {
    await server.remove();
  }
  assert.equal(existsSync(server.folder), false);
});

test('a cluster that is kept stays when its server is removed', async (t) => {
  const programs = partOrSkip(t, findPostgres());
  if (programs === null) return;
  const folder = makeFolder('kept', unprivilegedUser());
  const keptIn = join(folder, 'cluster');
  try {
    const first = await startPostgres(programs, { keptIn });
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    await first.remove();
    const second = await startPostgres(programs, { keptIn });
    assert.equal(await query(second.url, 'SELECT value FROM kept'), 7);
    assert.match(second.log(), /ready to accept connections/);
    assert.doesNotMatch(second.log(), /not properly shut down/);
    await second.remove();
    assert.equal(existsSync(second.folder), false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a server ends, and its folder goes, when the test process is killed', async (t) => {
  const programs = partOrSkip(t, findPostgres());
  if (programs === null) return;
  const part = new URL('./postgres.ts', import.meta.url).href;
  const program =
    `const { startPostgres } = await import(${JSON.stringify(part)});` +
    `const { folder } = await startPostgres(${JSON.stringify(programs)});` +
    'console.log(folder); setInterval(() => {}, 1000);';
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const folder = line.toString().trim();
  assert.ok(existsSync(folder));
  child.kill('SIGKILL');
  const deadlineMs = Date.now() + goneWithinMs;
  while (existsSync(folder) && Date.now() < deadlineMs) await pause(50);
  assert.equal(existsSync(folder), false);
});
