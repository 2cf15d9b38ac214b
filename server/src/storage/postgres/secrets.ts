import type { SigningKeyRecord } from '#service/records.ts';
import type { Sql } from '#storage/postgres/sql.ts';
import { type SigningKeyRow, toSigningKey } from '#storage/steps/setting-rows.ts';

/** Sealed secrets by name, and the keys that proofs are signed with. */
export function createSecrets(sql: Sql) {
  async function read(name: string): Promise<string | null> {
    const text = 'SELECT sealed FROM secret WHERE name = $1';
    const [row] = await sql.rows<{ sealed: string }>(text, [name]);
    return row?.sealed ?? null;
  }

  return {
    read,
    async create(name: string, sealed: string): Promise<string> {
      const text =
        'INSERT INTO secret (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING';
      await sql.run(text, [name, sealed]);
      return (await read(name)) ?? sealed;
    },
    async replace(name: string, sealed: string): Promise<void> {
      await sql.run(
        'INSERT INTO secret (name, sealed) VALUES ($1, $2) ' +
          'ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed',
        [name, sealed],
      );
    },
    async saveKey(key: SigningKeyRecord): Promise<void> {
      await sql.run(
        'INSERT INTO signing_key (id, public_jwk, sealed_private_key, created_at_ms) ' +
          'VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET ' +
          'public_jwk = excluded.public_jwk, sealed_private_key = excluded.sealed_private_key',
        [key.id, key.publicJwk, key.sealedPrivateKey, key.createdAtMs],
      );
    },
    async listKeys(): Promise<SigningKeyRecord[]> {
      const rows = await sql.rows<SigningKeyRow>(
        'SELECT id, public_jwk, sealed_private_key, created_at_ms FROM signing_key ' +
          'ORDER BY created_at_ms, id',
      );
      return rows.map(toSigningKey);
    },
    async removeKey(id: string): Promise<void> {
      await sql.run('DELETE FROM signing_key WHERE id = $1', [id]);
    },
  };
}
