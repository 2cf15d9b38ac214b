import { readFileSync } from 'node:fs';
import { StorageRefused } from '#storage/sqlite/refused.ts';
import type { Database } from '#storage/sqlite/statement.ts';

/** In order, each run once. A file that was released is never edited; a change is a new file. */
const migrations = [
  '001-first.sql',
  '002-delivery-ids.sql',
  '003-kept-requests.sql',
  '004-no-messages.sql',
  '005-late-look-ups.sql',
  '006-late-ledgers.sql',
  '007-credentials.sql',
  '008-events.sql',
] as const;

export const schemaVersion = migrations.length;

/** Marks the file as ours ("WWRD"), so that another program's database is never written to. */
const applicationId = 0x57575244;

/**
 * The schema that the file has: 0 for an empty one. Refuses a file of another program or of a newer
 * one.
 */
export function readSchemaVersion(database: Database, file: string): number {
  const mark = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  const tables = database
    .prepare<{ count: number }>('SELECT count(*) AS count FROM sqlite_master')
    .get();
  if (mark !== applicationId && (mark !== 0 || version !== 0 || (tables?.count ?? 0) > 0)) {
    throw new StorageRefused(
      'not_a_database',
      `${file} belongs to another program. Set WATCHWORD_DATA to a folder of its own.`,
    );
  }
  if (version > schemaVersion) {
    throw new StorageRefused(
      'newer_database',
      `${file} was written by a newer Watchword (schema ${version}, this one knows ` +
        `${schemaVersion}). Run that version, or restore an older backup.`,
    );
  }
  return version;
}

/** Brings the file to this program's schema: all of the missing steps or none. */
export function migrate(database: Database, file: string): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    // Read again under the lock: another process may just have done it.
    const version = readSchemaVersion(database, file);
    for (const name of migrations.slice(version)) {
      database.exec(readFileSync(new URL(`./migrations/${name}`, import.meta.url), 'utf8'));
    }
    database.exec(`PRAGMA application_id = ${applicationId}`);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function pragma(database: Database, name: 'application_id' | 'user_version'): number {
  const row = database.prepare<Record<string, number>>(`PRAGMA ${name}`).get();
  return row?.[name] ?? 0;
}
