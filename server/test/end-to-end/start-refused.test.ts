import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'watchword-refused-'));
after(() => rmSync(folder, { recursive: true }));

function start(settings: Readonly<Record<string, string>>, ...argv: readonly string[]) {
  const env = { PATH: process.env['PATH'], WATCHWORD_PORT: '0', ...settings };
  return new Promise<{ exitCode: unknown; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [watchword, ...argv],
      { env, timeout: 20_000 },
      (error, _, stderr) => {
        resolve({ exitCode: error?.code ?? (error === null ? 0 : 'ended'), stderr });
      },
    );
  });
}

test('a data folder that cannot be stops every command with one sentence', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const command of ['dev', 'migrate', 'application list']) {
    const refused = await start({ WATCHWORD_DATA: file }, ...command.split(' '));
    assert.equal(refused.exitCode, 1, command);
    assert.match(refused.stderr, /cannot be the data folder: .*WATCHWORD_DATA[^\n]*\n$/);
    assert.equal(refused.stderr.trim().split('\n').length, 1, refused.stderr);
  }
});

test('each mistake in the providers has a line of its own', async () => {
  const providers = [
    { name: 'one', kind: 'pigeon' },
    { name: 'TWO', kind: 'sandbox' },
  ];
  const settings = {
    WATCHWORD_DATA: join(folder, 'providers'),
    WATCHWORD_PROVIDERS: JSON.stringify(providers),
  };
  for (const command of ['dev', 'provider test one --to +14155550123']) {
    const refused = await start(settings, ...command.split(' '));
    assert.equal(refused.exitCode, 1);
    const lines = refused.stderr.trim().split('\n');
    assert.equal(lines.length, 2, refused.stderr);
  }
});

const kafkaMistakes = [
  [
    { WATCHWORD_KAFKA_CA_FILE: '/no/such.pem' },
    /WATCHWORD_KAFKA_CA_FILE names .* is no readable file/,
  ],
  [{ WATCHWORD_KAFKA_APPLICATION: 'app_none' }, /no application with the id app_none/],
] as const;

for (const [settings, sentence] of kafkaMistakes) {
  test(`a server does not start with ${Object.keys(settings)} wrong, broker or not`, async () => {
    const refused = await start(
      {
        WATCHWORD_DATA: join(folder, 'kafka'),
        WATCHWORD_KAFKA_BROKERS: '127.0.0.1:1',
        WATCHWORD_KAFKA_SECURITY_PROTOCOL: 'SSL',
        ...settings,
      },
      'dev',
    );
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, sentence);
  });
}

test('a reader that goes away ends a command quietly', async () => {
  for (const command of ['doctor', 'help', 'keys generate']) {
    const child = spawn(process.execPath, [watchword, ...command.split(' ')], {
      env: { PATH: process.env['PATH'], WATCHWORD_DATA: join(folder, 'pipe') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let complained = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      complained += chunk;
    });
    const [exitCode] = await once(child, 'close');
    assert.deepEqual([exitCode, complained], [0, ''], command);
  }
});
