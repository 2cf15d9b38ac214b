/**
 * Which form of the tables this program needs, which one a database has, and whether the two go
 * together.
 *
 * Rules:
 * 1. Migrations are numbered from 1 without a gap. A file that was released is never edited; a
 *    change is a new file.
 * 2. Expand and contract: a migration says from which version on programs run with what it leaves,
 *    `-- compatible-from: 1` on a line of its own. One that only adds is compatible with the
 *    version before it, so the database is migrated first and nodes are replaced one after the
 *    other. What they no longer use is dropped by a later release. Without that line only programs
 *    that know the migration run with it.
 * 3. A program runs with its own version, and with a newer one that says it may.
 */
import { readFileSync } from 'node:fs';
import type { ClientBase } from 'pg';
import { PostgresRefused } from '#storage/postgres/postgres-error.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  /** The oldest version of a program that runs with the tables as this leaves them. */
  readonly compatibleFrom: number;
  readonly sql: string;
}

/** In order, each run once. */
const names = ['001-first.sql', '002-credentials.sql', '003-events.sql'] as const;

/** The version that this program needs. */
export const schemaVersion: number = names.length;

/** The text of a migration by its place in the list. */
export function readMigration(version: number, name: string, sql: string): Migration {
  const said = /^-- compatible-from: (\d{1,6})$/m.exec(sql)?.[1];
  return { version, name, compatibleFrom: said === undefined ? version : Number(said), sql };
}

export function readMigrations(): readonly Migration[] {
  return names.map((name, index) => {
    const file = new URL(`./migrations/${name}`, import.meta.url);
    return readMigration(index + 1, name, readFileSync(file, 'utf8'));
  });
}

/** The version that a database has, 0 before the first migration, and who else may use it. */
export interface AppliedSchema {
  readonly version: number;
  /** For a program of version `v`: the largest `compatibleFrom` of what came after `v`. */
  compatibleFromAfter(version: number): number;
}

interface AppliedRow {
  readonly version: number;
  readonly compatible_from: number;
}

/** Needs no right but to read, and nothing to be there. */
export async function readAppliedSchema(client: ClientBase): Promise<AppliedSchema> {
  // `to_regclass` would answer from a cache that waiting for a lock of ours does not refresh.
  const found = await client.query(
    `SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = current_schema() AND relname = 'watchword_schema'`,
  );
  const isThere = found.rowCount === 1;
  const applied = isThere
    ? await client.query<AppliedRow>('SELECT version, compatible_from FROM watchword_schema')
    : { rows: [] };
  return {
    version: Math.max(0, ...applied.rows.map(({ version }) => version)),
    compatibleFromAfter: (version) =>
      Math.max(
        0,
        ...applied.rows
          .filter((row) => row.version > version)
          .map(({ compatible_from }) => compatible_from),
      ),
  };
}

export type SchemaState = 'missing' | 'older' | 'current' | 'newer_compatible' | 'newer';

export function judgeSchema(applied: AppliedSchema, known: number): SchemaState {
  if (applied.version === 0) return 'missing';
  if (applied.version < known) return 'older';
  if (applied.version === known) return 'current';
  return applied.compatibleFromAfter(known) <= known ? 'newer_compatible' : 'newer';
}

/** Throws `PostgresRefused` when the tables are none that this program knows. */
export async function requireSchema(client: ClientBase, known = schemaVersion): Promise<void> {
  const applied = await readAppliedSchema(client);
  const state = judgeSchema(applied, known);
  switch (state) {
    case 'current':
    case 'newer_compatible':
      return;
    case 'missing':
      throw new PostgresRefused(
        'The database has no tables of Watchword. Run `watchword migrate` once.',
      );
    case 'older':
      throw new PostgresRefused(
        `The database has schema ${applied.version}, and this version needs ${known}. Run ` +
          '`watchword migrate`.',
      );
    case 'newer':
      throw newerSchema(applied.version, known);
    default:
      state satisfies never;
  }
}

export function newerSchema(version: number, known: number): PostgresRefused {
  return new PostgresRefused(
    `A newer Watchword brought the database to schema ${version}; this one knows ${known}. ` +
      'Install that version here, or restore an older backup.',
  );
}
