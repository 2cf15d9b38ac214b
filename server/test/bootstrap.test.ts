import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { repository } from './source-files.ts';

interface Ran {
  readonly exitCode: number | null;
  readonly said: string;
}

/** A checkout in which the lock file asks for `wanted` and npm has installed `present`. */
async function withCheckout(
  wanted: object,
  present: object | null,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-bootstrap-'));
  try {
    cpSync(join(repository, 'bootstrap.mjs'), join(folder, 'bootstrap.mjs'));
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: wanted }));
    if (present !== null) {
      mkdirSync(join(folder, 'node_modules'));
      const list = join(folder, 'node_modules', '.package-lock.json');
      writeFileSync(list, JSON.stringify({ packages: present }));
    }
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An npm that makes what the lock file asks for, and counts how often it was called. */
const workingNpm = `
  const { appendFileSync, cpSync, mkdirSync } = require('node:fs');
  appendFileSync('calls', 'x');
  mkdirSync('node_modules', { recursive: true });
  cpSync('package-lock.json', 'node_modules/.package-lock.json');
`;

function bootstrap(folder: string, npm: string): Promise<Ran> {
  const script = join(folder, 'npm.js');
  writeFileSync(script, npm);
  const environment = { PATH: process.env['PATH'], npm_execpath: script };
  const child = spawn(process.execPath, ['bootstrap.mjs'], { cwd: folder, env: environment });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  return new Promise((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, said }));
  });
}

const lock = {
  '': { name: 'example' },
  server: { name: 'watchword' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/other-platform': { version: '1.0.0', optional: true },
};

test('a complete installation is left alone, without calling npm', async () => {
  const { 'node_modules/a': a } = lock;
  await withCheckout(lock, { 'node_modules/a': a }, async (folder) => {
    const ran = await bootstrap(folder, 'process.exit(1)');
    assert.deepEqual(ran, { exitCode: 0, said: '' });
    assert.ok(!existsSync(join(folder, '.cache')));
  });
});

test('a missing, older or broken installation is made anew, once for all callers', async () => {
  const outdated = [null, {}, { 'node_modules/a': { version: '0.9.0', integrity: 'sha512-a' } }];
  for (const present of outdated) {
    await withCheckout(lock, present, async (folder) => {
      const callers = await Promise.all([1, 2, 3].map(() => bootstrap(folder, workingNpm)));
      assert.deepEqual(
        callers.map(({ exitCode }) => exitCode),
        [0, 0, 0],
        callers.map(({ said }) => said).join(''),
      );
      const announced = callers.filter(({ said }) => said.startsWith('Installing'));
      assert.equal(announced.length, 1);
      assert.ok(!existsSync(join(folder, '.cache', 'bootstrap.lock')));
    });
  }
});

test('our Node is linked where npm left no link to it', async () => {
  const system = process.platform.replace('win32', 'win');
  const node = `node_modules/node-${system}-${process.arch}`;
  const wanted = { [node]: { version: '24.0.0', optional: true } };
  await withCheckout(wanted, wanted, async (folder) => {
    mkdirSync(join(folder, node, 'bin'), { recursive: true });
    writeFileSync(join(folder, node, 'bin', 'node'), 'a program');
    await Promise.all([1, 2, 3].map(() => bootstrap(folder, 'process.exit(1)')));
    const link = join(folder, 'node_modules', '.bin', 'node');
    assert.equal(readFileSync(link, 'utf8'), 'a program');
  });
});

test('a failing npm is told in a sentence, and the next call tries again', async () => {
  await withCheckout(lock, null, async (folder) => {
    const failed = await bootstrap(folder, 'process.exit(7)');
    assert.equal(failed.exitCode, 1);
    assert.match(failed.said, /npm could not install the packages.*registry can be reached/);
    assert.ok(!existsSync(join(folder, '.cache', 'bootstrap.lock')));
    assert.equal((await bootstrap(folder, workingNpm)).exitCode, 0);
  });
});

test('the lock of an installation that died is taken over', async () => {
  await withCheckout(lock, null, async (folder) => {
    const abandoned = join(folder, '.cache', 'bootstrap.lock');
    mkdirSync(abandoned, { recursive: true });
    // No process has an id above the largest that Linux gives out.
    writeFileSync(join(abandoned, 'owner'), '4194305');
    assert.equal((await bootstrap(folder, workingNpm)).exitCode, 0);
  });
});

test('a lock file that cannot be read is told as such', async () => {
  await withCheckout(lock, null, async (folder) => {
    writeFileSync(join(folder, 'package-lock.json'), '{');
    const ran = await bootstrap(folder, workingNpm);
    assert.equal(ran.exitCode, 1);
    assert.match(ran.said, /package-lock\.json is missing or damaged/);
  });
});
