/**
 * Proofs: what an approved verification yields. A JWS in compact form, signed with Ed25519
 * (RFC 7515, RFC 8037), that anybody can check offline against the public keys.
 */
import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { Storage } from '#service/ports.ts';
import type { SigningKeyRecord } from '#service/records.ts';
import type { Vault } from '#service/vault.ts';

/**
 * A signature takes 31 µs, a tenth of what the server's thread does for a start and its check: on a
 * thread of the pool it costs as much in all, and leaves that tenth to other requests.
 */
const signInPool = promisify(sign);

export interface ProofClaims {
  readonly audience: string;
  /** Keyed hash of the recipient: the same person for one application, nobody to anyone else. */
  readonly subject: string;
  readonly recipient: string | null;
  readonly purpose: string;
  readonly verificationId: string;
  readonly channel: string;
  readonly transactionHash: string | null;
  readonly approvedAtMs: number;
  readonly lifetimeSeconds: number;
}

export interface Proofs {
  sign(claims: ProofClaims): Promise<string>;
  publicKeys(): Promise<{ keys: readonly Record<string, string>[] }>;
}

/** Proofs live an hour at most; a retired key is shown for a day so that caches can follow. */
export const signingKeyRetentionMs = 86_400_000;
/** How long another node may sign with a key after a newer one was made. */
const keysFreshMs = 30_000;

export async function createProofs(
  storage: Storage,
  vault: Vault,
  issuer: string,
): Promise<Proofs> {
  let known: readonly SigningKeyRecord[] = [];
  let readAtMs = 0;
  let current: { id: string; header: string; key: KeyObject } | null = null;

  async function refresh(): Promise<void> {
    known = await storage.listSigningKeys();
    readAtMs = performance.now();
    const newestFirst = [...known].sort((first, second) => second.createdAtMs - first.createdAtMs);
    for (const { id, sealedPrivateKey } of newestFirst) {
      if (id === current?.id) return;
      const pem = vault.openSigningKey(sealedPrivateKey, id);
      // Made under a key that this node's ring does not hold yet: the one before it is as good.
      if (pem === null) continue;
      const header = { alg: 'EdDSA', kid: id, typ: 'JWT' };
      current = { id, header: encode(header), key: createPrivateKey(pem) };
      return;
    }
  }

  await refresh();
  if (current === null) {
    await addSigningKey(storage, vault);
    await refresh();
  }

  return {
    async sign(claims) {
      if (performance.now() - readAtMs > keysFreshMs) await refresh();
      if (current === null) throw new Error('There is no signing key.');
      const issuedAt = Math.floor(claims.approvedAtMs / 1000);
      const payload = encode({
        iss: issuer,
        aud: claims.audience,
        sub: claims.subject,
        ...(claims.recipient === null ? {} : { recipient: claims.recipient }),
        purpose: claims.purpose,
        vid: claims.verificationId,
        channel: claims.channel,
        ...(claims.transactionHash === null ? {} : { txn: claims.transactionHash }),
        iat: issuedAt,
        exp: issuedAt + claims.lifetimeSeconds,
      });
      const signed = `${current.header}.${payload}`;
      const signature = await signInPool(null, Buffer.from(signed), current.key);
      return `${signed}.${signature.toString('base64url')}`;
    },
    async publicKeys() {
      await refresh();
      return { keys: known.map((key) => JSON.parse(key.publicJwk) as Record<string, string>) };
    },
  };
}

/** Makes a new key that all nodes sign with from now on; older ones stay for checking. */
export async function addSigningKey(storage: Storage, vault: Vault): Promise<string> {
  const id = `ed25519-${randomBytes(8).toString('hex')}`;
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const jwk = publicKey.export({ format: 'jwk' });
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: jwk.x, kid: id, alg: 'EdDSA', use: 'sig' };
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const createdAtMs = await storage.now();
  await storage.saveSigningKey({
    id,
    publicJwk: JSON.stringify(publicJwk),
    sealedPrivateKey: vault.sealSigningKey(pem, id),
    createdAtMs,
  });
  return id;
}

/** Forgets keys that were followed by a newer one more than a day ago. */
export async function forgetOldSigningKeys(storage: Storage): Promise<number> {
  const nowMs = await storage.now();
  const keys = [...(await storage.listSigningKeys())].sort(
    (first, second) => second.createdAtMs - first.createdAtMs,
  );
  let forgotten = 0;
  for (const [index, key] of keys.entries()) {
    const newer = keys[index - 1];
    if (newer === undefined || nowMs - newer.createdAtMs < signingKeyRetentionMs) continue;
    await storage.deleteSigningKey(key.id);
    forgotten++;
  }
  return forgotten;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
