import type { CredentialRecord } from '#service/records.ts';
import type { Applications } from '#storage/sqlite/applications.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import { type CredentialRow, toCredential } from '#storage/steps/setting-rows.ts';

/** What opens façades. */
export function createCredentials(database: Database, applications: Applications) {
  const select =
    'SELECT credential.id, application.id AS application_id, facade, public_id, secret_hashes, ' +
    'details, credential.created_at_ms, revoked_at_ms ' +
    'FROM credential JOIN application ON application.number = credential.application';
  const live = database.prepare<CredentialRow>(
    `${select} WHERE facade = ? AND public_id = ? AND revoked_at_ms IS NULL`,
  );
  const all = database.prepare<CredentialRow>(`${select} ORDER BY credential.number`);
  const insert = database.prepare(
    'INSERT INTO credential (id, application, facade, public_id, secret_hashes, details, ' +
      'created_at_ms, revoked_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ' +
      'ON CONFLICT (facade, public_id) WHERE revoked_at_ms IS NULL DO NOTHING',
  );
  const revoke = database.prepare(
    'UPDATE credential SET revoked_at_ms = coalesce(revoked_at_ms, ?) WHERE id = ?',
  );
  return {
    create({ id, facade, publicId, ...rest }: CredentialRecord): boolean {
      const made = insert.run(
        id,
        applications.requireNumber(rest.applicationId),
        facade,
        publicId,
        JSON.stringify(rest.secretHashes),
        JSON.stringify(rest.details),
        rest.createdAtMs,
        rest.revokedAtMs,
      );
      return made > 0;
    },
    /** A revoked one is not found: nobody can forget to look whether it is. */
    find(facade: string, publicId: string): CredentialRecord | null {
      const row = live.get(facade, publicId);
      return row === undefined ? null : toCredential(row);
    },
    list: (facade: string | null): CredentialRecord[] =>
      all
        .all()
        .map(toCredential)
        .filter((one) => facade === null || one.facade === facade),
    revoke: (id: string, nowMs: number): boolean => revoke.run(nowMs, id) > 0,
  };
}
