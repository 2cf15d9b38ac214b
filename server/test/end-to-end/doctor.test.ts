import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generateRingEntry } from '#service/key-ring.ts';
import { startDevelopmentServer } from './running-server.ts';

const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));

interface Finding {
  readonly subject: string;
  readonly state: string;
  readonly says: string;
}

/** What the doctor finds, by subject. */
async function examine(folder: string, environment: Readonly<Record<string, string>> = {}) {
  const env = { PATH: process.env['PATH'], WATCHWORD_DATA: folder, WATCHWORD_PORT: '0' };
  const printed = await new Promise<string>((resolve) => {
    const options = { env: { ...env, ...environment }, timeout: 30_000 };
    execFile(process.execPath, [watchword, 'doctor', '--json'], options, (_error, stdout) =>
      resolve(stdout),
    );
  });
  const { findings } = JSON.parse(printed) as { findings: readonly Finding[] };
  const bySubject = new Map(findings.map((finding) => [finding.subject, finding]));
  return (subject: string): Finding => {
    const finding = bySubject.get(subject);
    assert.ok(finding, `${subject} in ${printed}`);
    return finding;
  };
}

test('the doctor changes nothing where no server ran yet, and says what is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-doctor-'));
  try {
    chmodSync(folder, 0o755);
    const of = await examine(folder);
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(statSync(folder).mode & 0o777, 0o755);
    assert.equal(of('data folder').state, 'bad');
    assert.match(of('data folder').says, /chmod 700/);
    assert.match(of('key ring').says, /^None yet/);
    assert.deepEqual([of('database').state, of('database').says.slice(0, 8)], ['note', 'None yet']);
    const missing = join(folder, 'none');
    assert.equal((await examine(missing))('data folder').state, 'note');
    assert.equal(existsSync(missing), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the doctor says when the ring cannot open what the database holds', async () => {
  const server = await startDevelopmentServer();
  try {
    await server.stop();
    assert.equal((await examine(server.folder))('seals').state, 'good');
    const other = { WATCHWORD_KEYS: generateRingEntry(new Date()) };
    const wrong = (await examine(server.folder, other))('seals');
    assert.equal(wrong.state, 'bad');
    assert.match(wrong.says, /Add that key to the ring/);
    rmSync(join(server.folder, 'dev-keys'));
    const none = (await examine(server.folder))('seals');
    assert.deepEqual([none.state, existsSync(join(server.folder, 'dev-keys'))], ['bad', false]);
  } finally {
    await server.remove();
  }
});
