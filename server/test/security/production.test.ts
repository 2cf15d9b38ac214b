import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { testRecipients } from '#providers/sandbox/test-recipients.ts';
import { generateRingEntry } from '#service/key-ring.ts';
import { callServer, waitFor } from '../end-to-end/running-server.ts';
import { sourceFiles } from '../source-files.ts';

/** `watchword serve`: nothing of development is there, and its keys stay outside (L-03, C-07). */
const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));
const ring = generateRingEntry(new Date());

/** Codes that the gateway was handed, by recipient. */
const handed = new Map<string, string>();
let gateway: Server;
let folder: string;
let environment: Record<string, string | undefined>;
let node: ReturnType<typeof spawn>;
let printed = '';
let url = '';

before(async () => {
  gateway = createServer(async (request, response) => {
    const { to, code, id } = (await json(request)) as Record<string, string>;
    handed.set(to ?? '', code ?? '');
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ id }));
  });
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  const door = `127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), 'watchword-production-'));
  const provider = { name: 'gateway', kind: 'http', manifest: 'webhook', url: `http://${door}/` };
  environment = {
    PATH: process.env['PATH'],
    WATCHWORD_DATA: folder,
    WATCHWORD_PORT: '0',
    WATCHWORD_KEYS: ring,
    WATCHWORD_LOG_LEVEL: 'debug',
    WATCHWORD_EGRESS_ALLOW: door,
    WATCHWORD_PROVIDERS: JSON.stringify([provider]),
  };
  node = spawn(process.execPath, [watchword, 'serve'], { env: environment, stdio: 'pipe' });
  for (const stream of [node.stdout, node.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
    });
  }
  url = await waitFor(async () => {
    assert.equal(node.exitCode, null, printed);
    return /"url":"([^"]+)","mode":"serve"/.exec(printed)?.[1];
  }, 20_000);
});
after(async () => {
  if (node.exitCode === null) {
    node.kill('SIGKILL');
    await once(node, 'exit');
  }
  gateway.close();
  rmSync(folder, { recursive: true });
});

/** A command beside the server, as an operator calls it. */
// biome-ignore lint/suspicious/noExplicitAny: JSON of whatever shape the command has.
async function run(...argv: readonly string[]): Promise<any> {
  const options = { env: environment, timeout: 30_000 };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [watchword, ...argv, '--json'],
    options,
  );
  return JSON.parse(stdout);
}

async function makeApiKey(): Promise<string> {
  const { id } = await run('application', 'create', 'Shop');
  await run('application', 'change', id, '{"countries": "all"}');
  const { apiKey } = await run('api-key', 'create', id);
  assert.match(apiKey, /^wk_/);
  return apiKey;
}

test('production has no phone, no sandbox call and no key of its own', async () => {
  const apiKey = await makeApiKey();
  assert.ok(!printed.includes('wk_'), 'no key is printed');
  assert.ok(!readdirSync(folder).includes('dev-credentials.json'));
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/v1/sandbox/messages'],
    ['POST', '/v1/sandbox/clock'],
    ['POST', '/v1/sandbox/reset'],
  ] as const) {
    const { status } = await callServer({ url, apiKey }, method, path);
    assert.equal(status, 404, path);
  }
  const nobody = await callServer({ url, apiKey: '' }, 'GET', '/v1/application');
  assert.equal(nobody.status, 401);
});

test('in production the test recipients are people like any other', async () => {
  const apiKey = await makeApiKey();
  const fixed = testRecipients.filter(({ kind }) => kind === 'fixed-code');
  assert.ok(fixed.length > 0);
  for (const { recipient } of fixed) {
    // Of ten digits, so that chance alone does not make it what it is in development.
    const request = { recipient, code: { length: 10 } };
    const started = await callServer({ url, apiKey }, 'POST', '/v1/verifications', request);
    assert.equal(started.status, 201, started.text);
    const code = await waitFor(async () => handed.get(recipient));
    assert.notEqual(code, '4242424242');
    const path = `/v1/verifications/${started.body.id}/check`;
    const guess = await callServer({ url, apiKey }, 'POST', path, { code: '4242424242' });
    assert.equal(guess.body.approved, false);
    const right = await callServer({ url, apiKey }, 'POST', path, { code });
    assert.equal(right.body.approved, true);
  }
});

test('a key ring that was given is in no file and in no line of the log', () => {
  const key = Buffer.from(ring.slice(ring.indexOf(':') + 1), 'base64');
  const spelled = [key, Buffer.from(key.toString('base64')), Buffer.from(key.toString('hex'))];
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  assert.ok(files.some((path) => path.endsWith('watchword.db')));
  for (const path of files) {
    const bytes = readFileSync(path);
    assert.ok(!spelled.some((spelling) => bytes.includes(spelling)), path);
  }
  assert.ok(!spelled.some((spelling) => printed.includes(spelling.toString())));
  // The keys of the API are there as hashes alone, which is what lets them be searched for too.
  assert.ok(!files.some((path) => /wk_[0-9a-z]{37}/.test(readFileSync(path, 'latin1'))));
});

test('production does not start without a key ring', async () => {
  const { WATCHWORD_KEYS: _, ...without } = environment;
  const empty = mkdtempSync(join(tmpdir(), 'watchword-production-'));
  const options = { env: { ...without, WATCHWORD_DATA: empty }, timeout: 30_000 };
  const started = promisify(execFile)(process.execPath, [watchword, 'serve'], options);
  await assert.rejects(started, /WATCHWORD_KEYS is not set/);
  assert.deepEqual(readdirSync(empty), []);
  rmSync(empty, { recursive: true });
});

/** What keys and tokens look like, of ours and of those whose services are often used. */
const secretPatterns = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{64}/,
  /\bwk_[0-9a-hjkmnp-tv-z]{37}\b/,
  /\bwhsec_[A-Za-z0-9+/]{40,}/,
  /\bk\d{8}-[0-9a-f]{6}:[A-Za-z0-9+/]{43}=/,
  /\bAKIA[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{36}\b/,
  /\bSG\.[\w-]{22}\.[\w-]{43}\b/,
  /\bxox[abprs]-[0-9A-Za-z-]{10,}/,
  /\bAC[0-9a-f]{32}\b/,
  /\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}/,
];

test('no file of the repository holds a key, a token or a password', () => {
  const files = sourceFiles('.', ['.ts', '.js', '.mjs', '.json', '.md', '.sql', '.html', '.pem']);
  const found = files.flatMap(({ path, text }) =>
    secretPatterns
      .map((pattern) => pattern.exec(text)?.[0])
      .filter((match) => match !== undefined && !isMadeUp(match))
      .map((match) => `${path}: ${match?.slice(0, 12)}…`),
  );
  assert.deepEqual(found, []);
  const real = generateRingEntry(new Date());
  assert.ok(secretPatterns.some((pattern) => pattern.test(`WATCHWORD_KEYS=${real}`)));
});

/** Examples are written so that nobody takes them for real: one sign over and over, or a count. */
function isMadeUp(match: string): boolean {
  const body = match.replace(/^.*[_:]/, '');
  return new Set(body).size < 12 || /0123456789abcdef/.test(body);
}
