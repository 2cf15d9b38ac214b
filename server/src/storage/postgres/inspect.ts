import type { Client } from 'pg';
import type { DatabaseInspection, DatabaseServer } from '#service/records.ts';
import { openConnections, refusedAt } from '#storage/postgres/connection.ts';
import { requireOwner } from '#storage/postgres/require-owner.ts';
import {
  judgeSchema,
  newerSchema,
  readAppliedSchema,
  schemaVersion,
} from '#storage/postgres/schema-version.ts';

interface ServerRow {
  readonly now_ms: number;
  readonly is_durable: boolean;
  readonly used: number;
  readonly max: number;
}

/** Commits wait for the disk here; `remote_…` and `local` do so too. */
const facts = `
  SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now_ms,
    current_setting('fsync')::boolean AND current_setting('full_page_writes')::boolean
      AND current_setting('synchronous_commit') <> 'off' AS is_durable,
    (SELECT count(*)::int FROM pg_stat_activity
      WHERE backend_type = 'client backend') AS used,
    current_setting('max_connections')::int AS max`;

/**
 * What lies in a database, beside running servers or without one. Nothing is made, migrated or
 * written. Throws `PostgresRefused` for a database that cannot be used, is of a newer program, or
 * has another owner.
 */
export async function inspectPostgres(url: string): Promise<DatabaseInspection> {
  const connections = await openConnections(url);
  const client = await connections.connect();
  try {
    return await inspect(client, connections.isPooled);
  } catch (error) {
    throw refusedAt(connections.place, error);
  } finally {
    await client.end();
  }
}

async function inspect(client: Client, isPooled: boolean): Promise<DatabaseInspection> {
  const schema = await readAppliedSchema(client);
  const state = judgeSchema(schema, schemaVersion);
  switch (state) {
    case 'missing':
    case 'older':
      return { kind: state };
    case 'newer':
      throw newerSchema(schema.version, schemaVersion);
    case 'current':
    case 'newer_compatible':
      break;
    default:
      return state satisfies never;
  }
  await requireOwner(client);
  const server = await readServer(client, isPooled, schema.version);
  const clock = await client.query<{ offset_ms: string }>('SELECT offset_ms FROM clock');
  const secrets = await client.query<{ name: string; sealed: string }>(
    'SELECT name, sealed FROM secret',
  );
  const applications = await client.query<{ id: string }>('SELECT id FROM application');
  return {
    kind: 'current',
    clockAheadMs: Number(clock.rows[0]?.offset_ms ?? 0),
    secrets: new Map(secrets.rows.map(({ name, sealed }) => [name, sealed])),
    applications: new Set(applications.rows.map(({ id }) => id)),
    server,
  };
}

async function readServer(
  client: Client,
  isPooled: boolean,
  version: number,
): Promise<DatabaseServer> {
  const askedAtMs = Date.now();
  const [row] = (await client.query<ServerRow>(facts)).rows;
  if (row === undefined) throw new Error('The server answered no row.');
  const isNewer = version > schemaVersion;
  return {
    schema: isNewer
      ? `Version ${version}, of a newer program that this one (${schemaVersion}) may run beside.`
      : `Version ${version}, as this program has it.`,
    isPooled,
    isDurable: row.is_durable,
    // The server was asked between the two readings of this clock.
    clockAheadMs: Math.round(row.now_ms - (askedAtMs + Date.now()) / 2),
    connections: { used: row.used, max: row.max },
  };
}
