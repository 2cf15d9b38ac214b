import type { CredentialRecord } from '#service/records.ts';
import type { ApplicationNumbers } from '#storage/postgres/application-numbers.ts';
import { requireNumber } from '#storage/postgres/applications.ts';
import type { Sql } from '#storage/postgres/sql.ts';
import { type CredentialRow, toCredential } from '#storage/steps/setting-rows.ts';

/** What opens façades. */
export function createCredentials(sql: Sql, numbers: ApplicationNumbers) {
  const select =
    'SELECT credential.id, application.id AS application_id, facade, public_id, secret_hashes, ' +
    'details, credential.created_at_ms, revoked_at_ms ' +
    'FROM credential JOIN application ON application.number = credential.application';
  return {
    async create({ id, facade, publicId, ...rest }: CredentialRecord): Promise<boolean> {
      const made = await sql.run(
        'INSERT INTO credential (id, application, facade, public_id, secret_hashes, details, ' +
          'created_at_ms, revoked_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ' +
          'ON CONFLICT (facade, public_id) WHERE revoked_at_ms IS NULL DO NOTHING',
        [
          id,
          await requireNumber(numbers, rest.applicationId),
          facade,
          publicId,
          JSON.stringify(rest.secretHashes),
          JSON.stringify(rest.details),
          rest.createdAtMs,
          rest.revokedAtMs,
        ],
      );
      return made > 0;
    },
    /** A revoked one is not found: nobody can forget to look whether it is. */
    async find(facade: string, publicId: string): Promise<CredentialRecord | null> {
      // A text with U+0000 was never kept, and PostgreSQL cannot even be asked for one.
      if (publicId.includes('\0')) return null;
      const text = `${select} WHERE facade = $1 AND public_id = $2 AND revoked_at_ms IS NULL`;
      const [row] = await sql.rows<CredentialRow>(text, [facade, publicId]);
      return row === undefined ? null : toCredential(row);
    },
    async list(facade: string | null): Promise<CredentialRecord[]> {
      const text = `${select} WHERE $1::text IS NULL OR facade = $1 ORDER BY credential.number`;
      return (await sql.rows<CredentialRow>(text, [facade])).map(toCredential);
    },
    async revoke(id: string, nowMs: number): Promise<boolean> {
      const text =
        'UPDATE credential SET revoked_at_ms = coalesce(revoked_at_ms, $1::bigint) WHERE id = $2';
      return (await sql.run(text, [nowMs, id])) > 0;
    },
  };
}
