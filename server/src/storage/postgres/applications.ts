import type { Application, ApplicationSettings } from '#domain/application.ts';
import type { ApiKeyRecord } from '#service/records.ts';
import type { ApplicationNumbers } from '#storage/postgres/application-numbers.ts';
import type { Sql } from '#storage/postgres/sql.ts';
import {
  type ApiKeyRow,
  type ApplicationRow,
  areKept,
  toApiKey,
  toApplication,
} from '#storage/steps/setting-rows.ts';

/** The number of an application; undefined where there is none with this id. */
export async function findNumber(
  numbers: ApplicationNumbers,
  id: string,
): Promise<number | undefined> {
  if (numbers.numberOf(id) === undefined) await numbers.read();
  return numbers.numberOf(id);
}

/** For verbs whose caller has read the application before: its absence is a bug. */
export async function requireNumber(numbers: ApplicationNumbers, id: string): Promise<number> {
  const number = await findNumber(numbers, id);
  if (number === undefined) throw new Error('The application does not exist.');
  return number;
}

/**
 * Applications. Other tables name one by its row number: an id of 41 characters in every row and
 * index entry would be a tenth of the database.
 */
export function createApplications(sql: Sql) {
  const columns = 'id, name, settings, created_at_ms';

  async function readRow(id: string): Promise<ApplicationRow | undefined> {
    const text = `SELECT ${columns} FROM application WHERE id = $1`;
    const [row] = await sql.rows<ApplicationRow>(text, [id]);
    return row;
  }

  return {
    async read(id: string): Promise<Application | null> {
      const row = await readRow(id);
      return row === undefined ? null : toApplication(row);
    },
    async create({ id, name, settings, createdAtMs }: Application): Promise<void> {
      const text = `INSERT INTO application (${columns}) VALUES ($1, $2, $3, $4)`;
      await sql.run(text, [id, name, JSON.stringify(settings), createdAtMs]);
    },
    async list(): Promise<Application[]> {
      const text = `SELECT ${columns} FROM application ORDER BY number`;
      return (await sql.rows<ApplicationRow>(text)).map(toApplication);
    },
    async saveSettings(
      id: string,
      settings: ApplicationSettings,
      before: ApplicationSettings,
    ): Promise<Application | 'changed' | null> {
      const row = await readRow(id);
      if (row === undefined) return null;
      if (!areKept(row, before)) return 'changed';
      const text = JSON.stringify(settings);
      const changed = await sql.run(
        'UPDATE application SET settings = $1 WHERE id = $2 AND settings = $3',
        [text, id, row.settings],
      );
      return changed > 0 ? toApplication({ ...row, settings: text }) : 'changed';
    },
  };
}

export function createApiKeys(sql: Sql, numbers: ApplicationNumbers) {
  const select =
    'SELECT api_key.id, application.id AS application_id, label, api_key.created_at_ms, ' +
    'revoked_at_ms FROM api_key JOIN application ON application.number = api_key.application';
  return {
    async create({ id, hash, ...key }: ApiKeyRecord & { readonly hash: string }): Promise<boolean> {
      const application = await requireNumber(numbers, key.applicationId);
      const made = await sql.run(
        'INSERT INTO api_key (id, hash, application, label, created_at_ms, revoked_at_ms) ' +
          'VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (hash) DO NOTHING',
        [id, hash, application, key.label, key.createdAtMs, key.revokedAtMs],
      );
      return made > 0;
    },
    /** A revoked key is not found: nobody can forget to look whether it is. */
    async find(hash: string): Promise<ApiKeyRecord | null> {
      const text = `${select} WHERE api_key.hash = $1 AND revoked_at_ms IS NULL`;
      const [row] = await sql.rows<ApiKeyRow>(text, [hash]);
      return row === undefined ? null : toApiKey(row);
    },
    async list(applicationId: string | null): Promise<ApiKeyRecord[]> {
      const condition = 'WHERE $1::text IS NULL OR application.id = $1';
      const text = `${select} ${condition} ORDER BY api_key.number`;
      return (await sql.rows<ApiKeyRow>(text, [applicationId])).map(toApiKey);
    },
    async revoke(id: string, nowMs: number): Promise<boolean> {
      const text =
        'UPDATE api_key SET revoked_at_ms = coalesce(revoked_at_ms, $1::bigint) WHERE id = $2';
      return (await sql.run(text, [nowMs, id])) > 0;
    },
  };
}
