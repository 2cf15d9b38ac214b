import assert from 'node:assert/strict';
import { openPostgresStorage } from '#storage/postgres/index.ts';
import { inspectPostgres } from '#storage/postgres/inspect.ts';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';

const { test } = onPostgres();

const refused = { name: 'PostgresRefused', message: /does not own its tables.*Name the owner/ };

/** The address of a new user who may read and write every row. */
async function makeUser(cluster: Cluster): Promise<{ name: string; url: string }> {
  const name = `user_${new URL(cluster.url).pathname.slice(6)}`;
  await cluster.query(`CREATE ROLE ${name} LOGIN`);
  await cluster.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${name}`);
  return { name, url: Object.assign(new URL(cluster.url), { username: name }).href };
}

/** As `pg_restore` makes it for a role. */
async function giveTables(cluster: Cluster, name: string): Promise<void> {
  const tables = await cluster.query(
    `SELECT relname FROM pg_class
     WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`,
  );
  for (const { relname } of tables) await cluster.query(`ALTER TABLE ${relname} OWNER TO ${name}`);
}

async function opens(url: string): Promise<void> {
  await (await openPostgresStorage({ url, role: 'server' })).close();
}

test('a user who could make no table tomorrow is refused today', async (cluster) => {
  const { url } = await makeUser(cluster);
  await assert.rejects(opens(url), refused);
  await assert.rejects(inspectPostgres(url), refused);
});

test('a user who owns the tables and may create none is refused', async (cluster) => {
  const { name, url } = await makeUser(cluster);
  await giveTables(cluster, name);
  await assert.rejects(opens(url), refused);
});

test('a user who owns tables and database is served', async (cluster) => {
  const { name, url } = await makeUser(cluster);
  await giveTables(cluster, name);
  await cluster.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} OWNER TO ${name}`);
  await opens(url);
  assert.equal((await inspectPostgres(url)).kind, 'current');
});

test('a day that another user has made stops a start', async (cluster) => {
  const { name, url } = await makeUser(cluster);
  await giveTables(cluster, name);
  await cluster.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} OWNER TO ${name}`);
  await cluster.query("SELECT watchword_add_day(1, '00000000000', '00000000001')");
  await assert.rejects(opens(url), refused);
});
