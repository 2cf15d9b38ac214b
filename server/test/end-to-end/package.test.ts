import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { repository, sourceFiles } from '../source-files.ts';
import { waitFor } from './running-server.ts';

const dist = join(repository, 'server', 'dist');
const folder = mkdtempSync(join(tmpdir(), 'watchword-package-'));

before(() => execFileSync(process.execPath, [join(repository, 'server', 'build.ts')]));
after(() => rmSync(folder, { recursive: true, force: true }));

test('the compiled package runs a server with the virtual phone and the API', async () => {
  const bin = join(dist, 'bin', 'watchword.mjs');
  const environment = { PATH: process.env['PATH'], WATCHWORD_DATA: folder, WATCHWORD_PORT: '0' };
  const server = spawn(process.execPath, [bin, 'dev'], { env: environment, stdio: 'pipe' });
  const exited = once(server, 'exit');
  let printed = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk) => {
      printed += chunk;
    });
  }
  try {
    const { url, apiKey } = await waitFor(async () => {
      assert.equal(server.exitCode, null, printed);
      return printed.includes('"listening"') ? readCredentials() : null;
    }, 20_000);
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ recipient: '+14155550123' });
    const start = await fetch(`${url}/v1/verifications`, { method: 'POST', headers, body });
    assert.equal(start.status, 201, printed);
    for (const path of ['/', '/docs', '/v1/openapi.json', '/readyz']) {
      assert.equal((await fetch(url + path)).status, 200, path);
    }
  } finally {
    server.kill('SIGTERM');
  }
  assert.deepEqual(await exited, [0, null], printed);
});

function readCredentials(): { url: string; apiKey: string } {
  return JSON.parse(readFileSync(join(folder, 'dev-credentials.json'), 'utf8'));
}

test('the package holds no TypeScript, no tests and no recorded exchanges', () => {
  const { imports }: { imports: Record<string, string> } = JSON.parse(
    readFileSync(join(dist, 'package.json'), 'utf8'),
  );
  assert.ok(Object.values(imports).every((target) => target.endsWith('*.js')));
  const manifest = execFileSync('npm', ['pack', '--dry-run', '--json'], {
    cwd: dist,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(manifest);
  const paths: string[] = files.map(({ path }: { path: string }) => path);
  assert.deepEqual(
    paths.filter((path) => /\.ts$|\.test\.|\.contract\.|exchanges\//.test(path)),
    [],
  );
  for (const { path } of sourceFiles('server/src', ['.sql', '.html'])) {
    assert.ok(paths.includes(path.slice('server/'.length)), path);
  }
});
