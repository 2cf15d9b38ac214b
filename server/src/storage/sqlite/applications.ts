import type { Application, ApplicationSettings } from '#domain/application.ts';
import type { ApiKeyRecord } from '#service/records.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import {
  type ApiKeyRow,
  type ApplicationRow,
  areKept,
  toApiKey,
  toApplication,
} from '#storage/steps/setting-rows.ts';

export type Applications = ReturnType<typeof createApplications>;

/**
 * Applications and their keys. Other tables name an application by its row number: an id of 41
 * characters in every row and index entry would be a tenth of the file.
 */
export function createApplications(database: Database) {
  const columns = 'id, name, settings, created_at_ms';
  const byId = database.prepare<ApplicationRow>(`SELECT ${columns} FROM application WHERE id = ?`);
  const all = database.prepare<ApplicationRow>(
    `SELECT ${columns} FROM application ORDER BY number`,
  );
  const numberById = database.prepare<{ number: number }>(
    'SELECT number FROM application WHERE id = ?',
  );
  const idByNumber = database.prepare<{ id: string }>(
    'SELECT id FROM application WHERE number = ?',
  );
  const insert = database.prepare(`INSERT INTO application (${columns}) VALUES (?, ?, ?, ?)`);
  const update = database.prepare('UPDATE application SET settings = ? WHERE id = ?');
  const numbers = new Map<string, number>();
  const ids = new Map<number, string>();

  function numberOf(id: string): number | null {
    const known = numbers.get(id);
    if (known !== undefined) return known;
    const row = numberById.get(id);
    if (row === undefined) return null;
    numbers.set(id, row.number);
    return row.number;
  }

  return {
    numberOf,
    idOf(number: number): string {
      const known = ids.get(number);
      if (known !== undefined) return known;
      const row = idByNumber.get(number);
      if (row === undefined) throw new Error(`Row of an application that is not there: ${number}`);
      ids.set(number, row.id);
      return row.id;
    },
    /** For steps whose caller has read the application before: its absence is a bug. */
    requireNumber(id: string): number {
      const number = numberOf(id);
      if (number === null) throw new Error('The application does not exist.');
      return number;
    },
    /** After a rollback: a number read in it may be given to another application. */
    forget(): void {
      numbers.clear();
      ids.clear();
    },
    create(application: Application): void {
      const { id, name, settings, createdAtMs } = application;
      insert.run(id, name, JSON.stringify(settings), createdAtMs);
    },
    read(id: string): Application | null {
      const row = byId.get(id);
      return row === undefined ? null : toApplication(row);
    },
    list: (): Application[] => all.all().map(toApplication),
    saveSettings(
      id: string,
      settings: ApplicationSettings,
      before: ApplicationSettings,
    ): Application | 'changed' | null {
      const row = byId.get(id);
      if (row === undefined) return null;
      if (!areKept(row, before)) return 'changed';
      const text = JSON.stringify(settings);
      update.run(text, id);
      return toApplication({ ...row, settings: text });
    },
  };
}

export function createApiKeys(database: Database, applications: Applications) {
  const select =
    'SELECT api_key.id, application.id AS application_id, label, api_key.created_at_ms, ' +
    'revoked_at_ms FROM api_key JOIN application ON application.number = api_key.application';
  const byHash = database.prepare<ApiKeyRow>(
    `${select} WHERE api_key.hash = ? AND revoked_at_ms IS NULL`,
  );
  const all = database.prepare<ApiKeyRow>(`${select} ORDER BY api_key.number`);
  const insert = database.prepare(
    'INSERT INTO api_key (id, hash, application, label, created_at_ms, revoked_at_ms) ' +
      'VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING',
  );
  const revoke = database.prepare(
    'UPDATE api_key SET revoked_at_ms = coalesce(revoked_at_ms, ?) WHERE id = ?',
  );
  return {
    create({ id, hash, ...key }: ApiKeyRecord & { readonly hash: string }): boolean {
      const application = applications.requireNumber(key.applicationId);
      return insert.run(id, hash, application, key.label, key.createdAtMs, key.revokedAtMs) > 0;
    },
    /** A revoked key is not found: nobody can forget to look whether it is. */
    find(hash: string): ApiKeyRecord | null {
      const row = byHash.get(hash);
      return row === undefined ? null : toApiKey(row);
    },
    list(applicationId: string | null): ApiKeyRecord[] {
      const keys = all.all().map(toApiKey);
      return applicationId === null
        ? keys
        : keys.filter((key) => key.applicationId === applicationId);
    },
    revoke: (id: string, nowMs: number): boolean => revoke.run(nowMs, id) > 0,
  };
}
