/** The ring around PostgreSQL, as an operator meets it: `docs/guides/postgres.md`, tried out. */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generateRingEntry } from '#service/key-ring.ts';
import { migratePostgres } from '#storage/postgres/migrate.ts';
import { readMigration, readMigrations, schemaVersion } from '#storage/postgres/schema-version.ts';
import { partOrSkip } from '../parts/part.ts';
import { findPgbouncer, startPgbouncer } from '../parts/pgbouncer.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../parts/postgres.ts';
import { type RunningServer, readCode, startDevelopmentServer } from './running-server.ts';

const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));
const programs = findPostgres();
const password = 'p@ss/w:rd#%';
const keys = generateRingEntry(new Date());
const folder = mkdtempSync(join(tmpdir(), 'watchword-postgres-nodes-'));
let database: TestPostgres;

before(async () => {
  if (programs.ok) database = await startPostgres(programs.part, { password });
});

after(async () => {
  await database?.remove();
  rmSync(folder, { recursive: true });
});

function withDatabase(
  name: string,
  act: (url: string, context: TestContext) => Promise<void>,
): void {
  test(name, async (context) => {
    if (partOrSkip(context, programs) !== null) await act(await database.createDatabase(), context);
  });
}

interface Ran {
  readonly exitCode: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** A production node: its data folder could not even be made. */
function settingsFor(url: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    WATCHWORD_DATABASE_URL: url,
    WATCHWORD_KEYS: keys,
    WATCHWORD_DATA: '/proc/none',
    WATCHWORD_PORT: '0',
  };
}

function run(url: string, ...argv: readonly string[]): Promise<Ran> {
  const env = settingsFor(url);
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [watchword, ...argv],
      { env, timeout: 30_000 },
      (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr });
      },
    );
  });
}

let nodes = 0;

function startNode(url: string): Promise<RunningServer> {
  nodes += 1;
  const settings = { WATCHWORD_DATABASE_URL: url, WATCHWORD_KEYS: keys };
  return startDevelopmentServer(settings, join(folder, String(nodes)));
}

async function start(node: RunningServer, recipient: string): Promise<string> {
  const { status, body } = await node.call('POST', '/v1/verifications', { recipient });
  assert.equal(status, 201, JSON.stringify(body));
  return body.id;
}

async function approve(node: RunningServer, id: string, code: string): Promise<void> {
  const { status, body } = await node.call('POST', `/v1/verifications/${id}/check`, { code });
  assert.deepEqual([status, body.approved], [200, true], JSON.stringify(body));
}

withDatabase('migrate makes the tables once and tells what it did', async (url) => {
  const first = await run(url, 'migrate', '--json');
  assert.equal(first.exitCode, 0, first.stderr);
  const { migrated, from, to, applied } = JSON.parse(first.stdout);
  assert.deepEqual([migrated, from, to], [true, 0, schemaVersion]);
  assert.equal(applied.length, schemaVersion);
  const again = await run(url, 'migrate');
  assert.equal(
    again.stdout,
    `There was nothing to do.\nThe database has schema ${schemaVersion}.\n`,
  );
});

withDatabase(
  'the doctor finds a database that wants migrating, and then a good one',
  async (url) => {
    const stateOf = async (subject: string) => {
      const { findings } = JSON.parse((await run(url, 'doctor', '--json')).stdout);
      return findings.find((finding: { subject: string }) => finding.subject === subject);
    };
    assert.match(
      (await stateOf('database')).says,
      /no tables of Watchword\. Run `watchword migrate`/,
    );
    await run(url, 'migrate');
    for (const subject of ['data folder', 'database', 'schema', 'durability', 'time']) {
      assert.equal((await stateOf(subject)).state, 'good', subject);
    }
  },
);

withDatabase('what keeps a node from starting is told in one sentence', async (url) => {
  const next = { ...readMigration(schemaVersion + 1, 'next.sql', 'SELECT 1') };
  const newer = await database.createDatabase();
  await migratePostgres(newer, [...readMigrations(), next]);
  const cases: readonly (readonly [string, RegExp])[] = [
    [url, /no tables of Watchword\. Run `watchword migrate` once/],
    [newer, new RegExp(`newer Watchword brought the database to schema ${schemaVersion + 1}`)],
    [url.replace(/:[^:@]*@/, ':wrong@'), /refuses this user or its password/],
    [url.replace(/:[^:@]*@/, '@'), /password is missing/],
    [`${url}?sslmode=require`, /takes no TLS/],
    [`${url}none`, /no such database/],
    [url.replace(/:\d+\//, ':1/'), /No PostgreSQL listens/],
    [url.replace('%23', '#'), /must be written percent-encoded/],
  ];
  for (const [address, sentence] of cases) {
    const refused = await run(address, 'serve');
    assert.equal(refused.exitCode, 1, refused.stdout);
    assert.match(refused.stderr, sentence);
    assert.equal(refused.stderr.trim().split('\n').length, 1, refused.stderr);
    assert.ok(!refused.stderr.includes('p@ss') && !refused.stderr.includes('p%40ss'));
  }
});

withDatabase('a production node needs no data folder, and ends in order', async (url) => {
  assert.equal((await run(url, 'migrate')).exitCode, 0);
  const node = spawn(process.execPath, [watchword, 'serve'], {
    env: settingsFor(url),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(node, 'exit');
  try {
    let log = '';
    for await (const chunk of node.stdout.setEncoding('utf8')) {
      log += chunk;
      if (log.includes('"listening"')) break;
    }
    const address = /"url":"([^"]+)"/.exec(log)?.[1];
    assert.equal((await fetch(`${address}/readyz`)).status, 200, log);
    node.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  } finally {
    node.kill('SIGKILL');
  }
});

withDatabase('two development nodes that start at once share one application', async (url) => {
  const [one, two] = await Promise.all([startNode(url), startNode(url)]);
  try {
    assert.equal(one.application, two.application);
    assert.notEqual(one.apiKey, two.apiKey);
    const id = await start(one, '+14155550123');
    await approve(two, id, await readCode(two, '+14155550123'));
    const { stdout } = await run(url, 'application', 'list', '--json');
    assert.equal(JSON.parse(stdout).items.length, 1, stdout);
    const refused = await run(url, 'serve');
    assert.match(refused.stderr, /The database was used by `watchword dev`/);
  } finally {
    await Promise.all([one.remove(), two.remove()]);
  }
});

withDatabase('a migration and a change of nodes in turn refuse no request', async (url) => {
  let node = await startNode(url);
  const other = await startNode(url);
  try {
    const before = await start(node, '+14155550130');
    const next = readMigration(
      schemaVersion + 1,
      'next.sql',
      `-- compatible-from: ${schemaVersion}\nALTER TABLE application ADD COLUMN extra text;\n` +
        'ALTER TABLE verification ADD COLUMN extra text;',
    );
    const migrating = migratePostgres(url, [...readMigrations(), next]);
    let isDone = false;
    const done = migrating.finally(() => {
      isDone = true;
    });
    for (let count = 0; count < 30 || !isDone; count += 1) {
      const recipient = `+1415555${String(2000 + count)}`;
      const id = await start(count % 2 === 0 ? node : other, recipient);
      await approve(other, id, await readCode(other, recipient));
      if (count > 300) assert.fail('The migration does not end.');
    }
    assert.deepEqual((await done).applied, ['next.sql']);
    assert.equal(await node.stop(), 0);
    const between = await start(other, '+14155550131');
    node = await node.restart();
    await approve(node, between, await readCode(node, '+14155550131'));
    await approve(node, before, await readCode(node, '+14155550130'));
  } finally {
    await Promise.all([node.remove(), other.remove()]);
  }
});

/** As the guide has it, while a node is at work. */
function dumpAndRestore(from: string, to: string): void {
  const file = join(folder, 'watchword.dump');
  const commands = [
    ['pg_dump', '--format=custom', `--file=${file}`, from],
    ['pg_restore', '--no-owner', '--exit-on-error', `--dbname=${to}`, file],
  ];
  for (const [name = '', ...args] of commands) {
    const program = programs.ok ? join(programs.part.folder, name) : name;
    const ran = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(ran.status, 0, ran.stderr ?? String(ran.error));
  }
}

withDatabase('a dump that is restored elsewhere goes on where it was made', async (url) => {
  const restored = await database.createDatabase();
  const node = await startNode(url);
  let id: string;
  let code: string;
  try {
    id = await start(node, '+14155550140');
    dumpAndRestore(url, restored);
    code = await readCode(node, '+14155550140');
  } finally {
    await node.remove();
  }
  const after = await startNode(restored);
  try {
    await approve(after, id, code);
    const doctor = JSON.parse((await run(restored, 'doctor', '--json')).stdout);
    const seals = doctor.findings.find(({ subject }: { subject: string }) => subject === 'seals');
    assert.equal(seals.state, 'good', seals.says);
  } finally {
    await after.remove();
  }
});

withDatabase('a name that no template can have is 404, whatever is in it', async (url) => {
  const node = await startNode(url);
  try {
    for (const method of ['GET', 'DELETE'] as const) {
      const { status, body } = await node.call(method, '/v1/templates/%00');
      assert.deepEqual([status, body.code], [404, 'template_not_found']);
    }
  } finally {
    await node.remove();
  }
});

test('a node works behind PgBouncer in transaction mode', async (context) => {
  const postgres = partOrSkip(context, programs);
  const program = partOrSkip(context, findPgbouncer());
  if (postgres === null || program === null) return;
  const open = await startPostgres(postgres);
  const settings = { default_pool_size: '3' };
  const pooler = await startPgbouncer(program, open.url, { poolMode: 'transaction', settings });
  try {
    const node = await startNode(pooler.through(await open.createDatabase()));
    try {
      const recipients = Array.from({ length: 12 }, (_, index) => `+1415555${2100 + index}`);
      const ids = await Promise.all(recipients.map((recipient) => start(node, recipient)));
      for (const [index, id] of ids.entries()) {
        await approve(node, id, await readCode(node, recipients[index] ?? ''));
      }
    } finally {
      await node.remove();
    }
  } finally {
    await pooler.remove();
    await open.remove();
  }
});
