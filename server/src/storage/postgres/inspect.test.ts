import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { inspectPostgres } from '#storage/postgres/inspect.ts';
import { migratePostgres } from '#storage/postgres/migrate.ts';
import { readMigrations, schemaVersion } from '#storage/postgres/schema-version.ts';
import { partOrSkip } from '../../../test/parts/part.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../../../test/parts/postgres.ts';

const programs = findPostgres();
let server: TestPostgres;

before(async () => {
  if (programs.ok) server = await startPostgres(programs.part);
});

after(() => server?.remove());

function withDatabase(name: string, act: (url: string) => Promise<void>): void {
  test(name, async (context) => {
    if (partOrSkip(context, programs) !== null) await act(await server.createDatabase());
  });
}

async function run(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

withDatabase('an empty database is missing what we need, and stays empty', async (url) => {
  assert.deepEqual(await inspectPostgres(url), { kind: 'missing' });
  const made = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace";
  assert.deepEqual(await run(url, made), []);
});

withDatabase('a database of this version tells its secrets, clock and connections', async (url) => {
  await migratePostgres(url);
  await run(
    url,
    "INSERT INTO secret VALUES ('hash-key', 'k1.abc'); UPDATE clock SET offset_ms = 5000; " +
      "INSERT INTO application (id, name, settings, created_at_ms) VALUES ('app_1', 'A', '{}', 0)",
  );
  const found = await inspectPostgres(url);
  assert.ok(found.kind === 'current' && found.server !== undefined);
  assert.deepEqual([...found.secrets], [['hash-key', 'k1.abc']]);
  assert.deepEqual([...found.applications], ['app_1']);
  assert.equal(found.clockAheadMs, 5000);
  const { isPooled, isDurable, clockAheadMs, connections, schema } = found.server;
  assert.deepEqual({ isPooled, isDurable }, { isPooled: false, isDurable: true });
  assert.equal(connections.max, 100);
  assert.ok(connections.used >= 1 && connections.used < 20);
  assert.ok(Math.abs(clockAheadMs) < 2_000, String(clockAheadMs));
  assert.match(schema, new RegExp(`^Version ${schemaVersion}, as this`));
});

withDatabase('commits that do not wait for the disk are seen', async (url) => {
  await migratePostgres(url);
  const name = new URL(url).pathname.slice(1);
  await run(url, `ALTER DATABASE ${name} SET synchronous_commit = off`);
  const found = await inspectPostgres(url);
  assert.ok(found.kind === 'current');
  assert.equal(found.server?.isDurable, false);
});

withDatabase('a newer database is looked into where it allows that', async (url) => {
  const version = schemaVersion + 1;
  const next = { version, name: 'next.sql', compatibleFrom: schemaVersion, sql: 'SELECT 1' };
  await migratePostgres(url, [...readMigrations(), next]);
  const found = await inspectPostgres(url);
  assert.ok(found.kind === 'current');
  assert.match(found.server?.schema ?? '', /of a newer program that this one/);
  const last = { ...next, version: version + 1, name: 'last.sql', compatibleFrom: version + 1 };
  await migratePostgres(url, [...readMigrations(), next, last]);
  await assert.rejects(inspectPostgres(url), { name: 'PostgresRefused', message: /Install that/ });
});
