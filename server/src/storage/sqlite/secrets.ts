import type { SigningKeyRecord } from '#service/records.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import { type SigningKeyRow, toSigningKey } from '#storage/steps/setting-rows.ts';

/** Sealed secrets by name, and the keys that proofs are signed with. */
export function createSecrets(database: Database) {
  const read = database.prepare<{ sealed: string }>('SELECT sealed FROM secret WHERE name = ?');
  const create = database.prepare(
    'INSERT INTO secret (name, sealed) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const replace = database.prepare(
    'INSERT INTO secret (name, sealed) VALUES (?, ?) ' +
      'ON CONFLICT DO UPDATE SET sealed = excluded.sealed',
  );
  const saveKey = database.prepare(
    'INSERT INTO signing_key (id, public_jwk, sealed_private_key, created_at_ms) ' +
      'VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET public_jwk = excluded.public_jwk, ' +
      'sealed_private_key = excluded.sealed_private_key',
  );
  const keys = database.prepare<SigningKeyRow>(
    'SELECT id, public_jwk, sealed_private_key, created_at_ms FROM signing_key ' +
      'ORDER BY created_at_ms, id',
  );
  const removeKey = database.prepare('DELETE FROM signing_key WHERE id = ?');
  return {
    read: (name: string): string | null => read.get(name)?.sealed ?? null,
    create(name: string, sealed: string): string {
      create.run(name, sealed);
      return read.get(name)?.sealed ?? sealed;
    },
    replace(name: string, sealed: string): void {
      replace.run(name, sealed);
    },
    saveKey(key: SigningKeyRecord): void {
      saveKey.run(key.id, key.publicJwk, key.sealedPrivateKey, key.createdAtMs);
    },
    listKeys: (): SigningKeyRecord[] => keys.all().map(toSigningKey),
    removeKey(id: string): void {
      removeKey.run(id);
    },
  };
}
