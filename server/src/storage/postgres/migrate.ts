/**
 * Brings a database to the form that this program needs. Each migration is one transaction with its
 * row in `watchword_schema`, under a lock that ends with the transaction: whatever fails, and
 * through whatever pooler, a migration was done whole or not at all, and by one process alone.
 */
import type { Client } from 'pg';
import { openConnections, refusedAt } from '#storage/postgres/connection.ts';
import { classifyPostgresError, PostgresRefused } from '#storage/postgres/postgres-error.ts';
import {
  judgeSchema,
  type Migration,
  newerSchema,
  readAppliedSchema,
  readMigrations,
} from '#storage/postgres/schema-version.ts';

/** Any number will do that other programs on the same database do not use ("WWRD"). */
const lockKey = 0x57575244;
/** As long as another process may take for its migrations. */
const waitForOtherMs = 60_000;
/**
 * A migration that waits for a table makes everybody else wait behind it, so it gives up soon and
 * can be run again.
 */
const waitForTableMs = 3_000;
const migrationTimeoutMs = 3_600_000;

export interface MigrationReport {
  /** The version that the database had, and the one that it has now. */
  readonly from: number;
  readonly to: number;
  /** Names of what this call did; another process may have done the rest. */
  readonly applied: readonly string[];
}

export async function migratePostgres(
  url: string,
  migrations: readonly Migration[] = readMigrations(),
): Promise<MigrationReport> {
  const connections = await openConnections(url);
  const client = await connections.connect();
  try {
    return await migrate(client, migrations);
  } catch (error) {
    throw refusedAt(connections.place, error);
  } finally {
    await client.end();
  }
}

async function migrate(client: Client, migrations: readonly Migration[]): Promise<MigrationReport> {
  const before = await readAppliedSchema(client);
  const applied: string[] = [];
  let to = before.version;
  // Each turn does one migration or finds that none is left, so there are never more turns.
  for (let turn = 0; turn <= migrations.length; turn += 1) {
    const done = await applyNext(client, migrations);
    to = done.version;
    if (done.name === null) break;
    applied.push(done.name);
  }
  return { from: before.version, to, applied };
}

/** One transaction: the next migration, or none when the database has them all. */
async function applyNext(
  client: Client,
  migrations: readonly Migration[],
): Promise<{ readonly version: number; readonly name: string | null }> {
  await client.query('BEGIN');
  try {
    await client.query(
      `SET LOCAL lock_timeout = ${waitForOtherMs}; ` +
        `SET LOCAL statement_timeout = ${migrationTimeoutMs}`,
    );
    await query(client, `SELECT pg_advisory_xact_lock(${lockKey})`);
    // Read under the lock: another process may just have done it.
    const schema = await readAppliedSchema(client);
    const known = migrations.length;
    if (judgeSchema(schema, known) === 'newer') throw newerSchema(schema.version, known);
    const next = migrations.find(({ version }) => version === schema.version + 1);
    if (next !== undefined) await apply(client, next);
    await client.query('COMMIT');
    return { version: next?.version ?? schema.version, name: next?.name ?? null };
  } catch (error) {
    await rollBack(client);
    throw error;
  }
}

async function apply(client: Client, migration: Migration): Promise<void> {
  if (migration.version === 1) await claimDatabase(client);
  await client.query(`SET LOCAL lock_timeout = ${waitForTableMs}`);
  await runWhole(client, migration);
  await client.query(
    'INSERT INTO watchword_schema (version, name, compatible_from) VALUES ($1, $2, $3)',
    [migration.version, migration.name, migration.compatibleFrom],
  );
}

async function runWhole(client: Client, { name, sql }: Migration): Promise<void> {
  try {
    await query(client, sql);
  } catch (error) {
    const { kind } = classifyPostgresError(error);
    // Under the lock nobody else changes the tables: a name that is missing is its own mistake.
    if (kind !== 'bug' && kind !== 'outdated') throw error;
    throw new PostgresRefused(
      `The migration ${name} failed, and nothing of it was done. Report this with what ` +
        'PostgreSQL has in its log.',
      { cause: error },
    );
  }
}

/** Our tables have plain names, and another program's may be called the same. */
async function claimDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = current_schema() AND relkind IN ('r', 'p')
       AND NOT EXISTS (SELECT FROM pg_depend
         WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
     LIMIT 1`,
  );
  if (rowCount !== 0) {
    throw new PostgresRefused(
      'The database holds tables of another program. Make an empty one, and name it in ' +
        'WATCHWORD_DATABASE_URL.',
    );
  }
  await client.query(
    `CREATE TABLE watchword_schema (
       version integer PRIMARY KEY,
       name text NOT NULL,
       compatible_from integer NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now()
     )`,
  );
}

/** Without the bound for an answer that ordinary statements have; the server's own bounds hold. */
function query(client: Client, text: string): Promise<unknown> {
  return client.query({ text, query_timeout: migrationTimeoutMs } as { text: string });
}

async function rollBack(client: Client): Promise<void> {
  try {
    await client.query('ROLLBACK');
  } catch {
    // A connection that is gone has rolled back by itself.
  }
}
