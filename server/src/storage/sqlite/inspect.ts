import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { DatabaseInspection } from '#service/records.ts';
import { readSchemaVersion, schemaVersion } from '#storage/sqlite/migrate.ts';
import { StorageRefused } from '#storage/sqlite/refused.ts';
import { isNotADatabase } from '#storage/sqlite/sqlite-error.ts';
import { type Database, wrapDatabase } from '#storage/sqlite/statement.ts';

const busyTimeoutMs = 5_000;

/**
 * What lies in a data folder, beside a running server or without one. Nothing is made, migrated or
 * written. Throws `StorageRefused` for a file that is not of this program.
 */
export function inspectDatabase(folder: string): DatabaseInspection {
  const file = join(folder, 'watchword.db');
  if (!existsSync(file)) return { kind: 'missing' };
  const connection = new DatabaseSync(addressOf(file), { readOnly: true, timeout: busyTimeoutMs });
  try {
    return inspect(wrapDatabase(connection), file);
  } catch (error) {
    if (!isNotADatabase(error)) throw error;
    throw new StorageRefused(
      'not_a_database',
      `${file} is damaged or not a database. Restore a backup, or move the file away.`,
      { cause: error },
    );
  } finally {
    connection.close();
  }
}

/**
 * A reader of a write-ahead log makes that log where there is none. A database without one was
 * closed, so nobody writes and it can be read as a file that does not change.
 */
function addressOf(file: string): URL {
  const address = pathToFileURL(file);
  if (!existsSync(`${file}-wal`)) address.searchParams.set('immutable', '1');
  return address;
}

function inspect(database: Database, file: string): DatabaseInspection {
  if (readSchemaVersion(database, file) < schemaVersion) return { kind: 'older' };
  const clock = database
    .prepare<{ high_water_ms: number; offset_ms: number }>(
      'SELECT high_water_ms, offset_ms FROM clock',
    )
    .get();
  const secrets = database
    .prepare<{ name: string; sealed: string }>('SELECT name, sealed FROM secret')
    .all();
  const applications = database.prepare<{ id: string }>('SELECT id FROM application').all();
  const lagMs = Math.max((clock?.high_water_ms ?? 0) - Date.now(), 0);
  return {
    kind: 'current',
    clockAheadMs: lagMs + (clock?.offset_ms ?? 0),
    secrets: new Map(secrets.map(({ name, sealed }) => [name, sealed])),
    applications: new Set(applications.map(({ id }) => id)),
  };
}
