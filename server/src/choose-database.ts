/**
 * Which database the settings name: the embedded one in the data folder, or PostgreSQL. What serves
 * PostgreSQL is loaded only then, so that a start on the embedded one does not pay for it.
 */
import type { MigrationReport } from '#cli/command.ts';
import type { Storage } from '#service/ports.ts';
import type { DatabaseInspection } from '#service/records.ts';
import { openSqliteStorage } from '#storage/sqlite/index.ts';
import { inspectDatabase as inspectSqlite } from '#storage/sqlite/inspect.ts';
import type { Config } from './config.ts';
import { keepsEvents } from './kafka-settings.ts';

type Place = Pick<Config, 'data' | 'databaseUrl'>;

/** The role `server` runs the service; a `tool` works beside it. */
export async function openStorage(
  config: Pick<Config, keyof Place | 'kafkaBrokers' | 'kafkaTopicEvents'>,
  role: 'server' | 'tool',
): Promise<Storage> {
  const { data, databaseUrl } = config;
  const options = { role, keepsEvents: keepsEvents(config) };
  if (databaseUrl === null) return openSqliteStorage({ folder: data, ...options });
  const { openPostgresStorage } = await import('#storage/postgres/index.ts');
  return openPostgresStorage({ url: databaseUrl, ...options });
}

/** Changes nothing. */
export async function inspectDatabase({ data, databaseUrl }: Place): Promise<DatabaseInspection> {
  if (databaseUrl === null) return inspectSqlite(data);
  const { inspectPostgres } = await import('#storage/postgres/inspect.ts');
  return inspectPostgres(databaseUrl);
}

export async function migratePostgres(url: string): Promise<MigrationReport> {
  const storage = await import('#storage/postgres/migrate.ts');
  return storage.migratePostgres(url);
}

/**
 * Whether anything is kept in the data folder. A production node on PostgreSQL keeps nothing, and
 * runs where no folder can be written.
 */
export function usesDataFolder({ databaseUrl, keys }: Config, isDevelopment: boolean): boolean {
  return databaseUrl === null || keys === null || isDevelopment;
}
