import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { migratePostgres } from '#storage/postgres/migrate.ts';
import {
  type Migration,
  readMigration,
  readMigrations,
  requireSchema,
  schemaVersion,
} from '#storage/postgres/schema-version.ts';
import { partOrSkip } from '../../../test/parts/part.ts';
import { findPgbouncer, startPgbouncer } from '../../../test/parts/pgbouncer.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../../../test/parts/postgres.ts';

const programs = findPostgres();
let server: TestPostgres;

before(async () => {
  if (programs.ok) server = await startPostgres(programs.part);
});

after(() => server?.remove());

function withDatabase(
  name: string,
  act: (url: string, context: TestContext) => Promise<void>,
): void {
  test(name, async (context) => {
    if (partOrSkip(context, programs) !== null) await act(await server.createDatabase(), context);
  });
}

async function ask<Answer>(url: string, work: (client: Client) => Promise<Answer>) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function run(url: string, ...statements: readonly string[]): Promise<unknown> {
  return ask(url, async (client) => {
    for (const sql of statements) await client.query(sql);
  });
}

async function tables(url: string): Promise<readonly string[]> {
  const { rows } = await ask(url, (client) =>
    client.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind = 'r' " +
        "AND relnamespace = 'public'::regnamespace",
    ),
  );
  return rows.map(({ name }) => name).sort();
}

const first = readMigration(1, '001-one.sql', 'CREATE TABLE one (id integer);');
const added = readMigration(
  2,
  '002-two.sql',
  '-- compatible-from: 1\nALTER TABLE one ADD COLUMN more integer;\nCREATE TABLE two (id integer);',
);
const dropped = readMigration(3, '003-drop.sql', 'ALTER TABLE one DROP COLUMN more;');

/** A database that was brought to a version, as programs of different versions find it. */
const meetings: readonly (readonly [readonly Migration[], number, RegExp | null])[] = [
  [[], 1, /no tables of Watchword\. Run `watchword migrate`/],
  [[first], 1, null],
  [[first], 2, /has schema 1, and this version needs 2\. Run/],
  [[first, added], 1, null],
  [[first, added], 2, null],
  [[first, added, dropped], 3, null],
  [
    [first, added, dropped],
    2,
    /newer Watchword brought the database to schema 3; this one knows 2\. Install/,
  ],
  [[first, added, dropped], 1, /newer Watchword brought the database to schema 3/],
];

withDatabase('a program takes its own schema and a newer one that allows it', async () => {
  for (const [migrations, known, refusal] of meetings) {
    const url = await server.createDatabase();
    if (migrations.length > 0) await migratePostgres(url, migrations);
    const meeting = ask(url, (client) => requireSchema(client, known));
    if (refusal === null) await meeting;
    else await assert.rejects(meeting, { name: 'PostgresRefused', message: refusal });
  }
});

withDatabase('migrations run in order, each once, and what was done is told', async (url) => {
  assert.deepEqual(await migratePostgres(url, [first]), {
    from: 0,
    to: 1,
    applied: ['001-one.sql'],
  });
  const all = [first, added, dropped];
  assert.deepEqual(await migratePostgres(url, all), {
    from: 1,
    to: 3,
    applied: ['002-two.sql', '003-drop.sql'],
  });
  assert.deepEqual(await migratePostgres(url, all), { from: 3, to: 3, applied: [] });
  assert.deepEqual(await tables(url), ['one', 'two', 'watchword_schema']);
});

withDatabase('an older program leaves a newer database as it is', async (url) => {
  await migratePostgres(url, [first, added]);
  assert.deepEqual(await migratePostgres(url, [first]), { from: 2, to: 2, applied: [] });
  await migratePostgres(url, [first, added, dropped]);
  await assert.rejects(migratePostgres(url, [first]), {
    name: 'PostgresRefused',
    message: /newer Watchword/,
  });
});

const failed = { name: 'PostgresRefused', message: /^The migration .* nothing of it was done/ };

withDatabase('of a migration that fails nothing is left, and it can be run again', async (url) => {
  const broken = readMigration(2, '002-broken.sql', 'CREATE TABLE two (id integer); SELECT 1 / 0;');
  await assert.rejects(migratePostgres(url, [first, broken]), failed);
  assert.deepEqual(await tables(url), ['one', 'watchword_schema']);
  const astray = readMigration(2, '002-astray.sql', 'ALTER TABLE none ADD COLUMN more integer;');
  await assert.rejects(migratePostgres(url, [first, astray]), failed);
  assert.deepEqual((await migratePostgres(url, [first, added])).applied, ['002-two.sql']);
  const brokenFirst = readMigration(1, '001-broken.sql', 'CREATE TABLE one (); SELECT 1 / 0;');
  const other = await server.createDatabase();
  await assert.rejects(migratePostgres(other, [brokenFirst]), failed);
  assert.deepEqual(await tables(other), []);
});

withDatabase('several that migrate at once do each migration once', async (url) => {
  const slow = readMigration(2, '002-slow.sql', `SELECT pg_sleep(0.2); ${added.sql}`);
  const reports = await Promise.all(
    Array.from({ length: 6 }, () => migratePostgres(url, [first, slow, dropped])),
  );
  const applied = reports.flatMap((report) => report.applied);
  assert.deepEqual(applied.toSorted(), ['001-one.sql', '002-slow.sql', '003-drop.sql']);
  assert.deepEqual(new Set(reports.map(({ to }) => to)), new Set([3]));
});

withDatabase('a server that is killed in the middle leaves nothing half-done', async (url) => {
  const endless = readMigration(2, '002-endless.sql', `${added.sql} SELECT pg_sleep(60);`);
  const migrating = assert.rejects(migratePostgres(url, [first, endless]), {
    name: 'PostgresRefused',
    message: /connection to the database was lost/,
  });
  const isAtIt = () =>
    ask(url, (client) => client.query("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'"));
  while ((await isAtIt()).rowCount === 0);
  await server.kill();
  await migrating;
  await server.restart();
  assert.deepEqual(await tables(url), ['one', 'watchword_schema']);
  assert.deepEqual((await migratePostgres(url, [first, added])).applied, ['002-two.sql']);
});

withDatabase("another program's tables are not added to", async (url) => {
  await run(url, 'CREATE TABLE application (id integer)');
  await assert.rejects(migratePostgres(url, [first]), /tables of another program\. Make an empty/);
  assert.deepEqual(await tables(url), ['application']);
});

withDatabase('a user without rights is told which one to get', async (url) => {
  const guest = `guest_${new URL(url).pathname.slice(6)}`;
  await run(url, `CREATE ROLE ${guest} LOGIN`);
  const asGuest = Object.assign(new URL(url), { username: guest }).href;
  await assert.rejects(migratePostgres(asGuest, [first]), {
    name: 'PostgresRefused',
    message: /lacks a right\. Make it the owner/,
  });
  await migratePostgres(url, [first]);
  await assert.rejects(migratePostgres(asGuest, [first, added]), /lacks a right/);
});

withDatabase(
  'a table that is in use makes a migration give up, not everybody wait',
  async (url) => {
    await migratePostgres(url, [first]);
    await ask(url, async (reader) => {
      await reader.query('BEGIN; SELECT FROM one');
      await assert.rejects(migratePostgres(url, [first, added]), /took too long/);
      await reader.query('COMMIT');
    });
    assert.equal((await migratePostgres(url, [first, added])).to, 2);
  },
);

withDatabase('migrations run behind a pooler in transaction mode', async (url, context) => {
  const program = partOrSkip(context, findPgbouncer());
  if (program === null) return;
  const pooler = await startPgbouncer(program, server.url, { poolMode: 'transaction' });
  try {
    const reports = await Promise.all(
      Array.from({ length: 3 }, () => migratePostgres(pooler.through(url), [first, added])),
    );
    assert.equal(reports.flatMap(({ applied }) => applied).length, 2);
  } finally {
    await pooler.remove();
  }
});

withDatabase('the migrations of this version make a database that it takes', async (url) => {
  const migrations = readMigrations();
  assert.equal(migrations.length, schemaVersion);
  for (const [index, { version, compatibleFrom, sql }] of migrations.entries()) {
    assert.equal(version, index + 1);
    assert.ok(compatibleFrom >= 1 && compatibleFrom <= version);
    // The transaction is the migrator's, and a statement that cannot be in one cannot be undone.
    assert.doesNotMatch(sql, /^\s*(?:BEGIN|COMMIT|ROLLBACK)\s*;|\bCONCURRENTLY\b/im);
  }
  assert.equal((await migratePostgres(url)).to, schemaVersion);
  await ask(url, (client) => requireSchema(client));
});
