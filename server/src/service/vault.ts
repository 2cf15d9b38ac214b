/**
 * What the service seals and hashes, each thing with its own context, so that no value of one kind
 * can pass for another.
 *
 * Look-ups by recipient need a hash that outlives a key of the ring. Its key is therefore random,
 * kept in the database sealed under the ring, and sealed again when the ring turns: a stolen
 * database still names nobody, and limits survive a rotation.
 */
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { type KeyRing, keyedHash } from '#service/key-ring.ts';
import type { Storage } from '#service/ports.ts';

const hashKeySecret = 'hash-key';

/** The row a sealed code belongs to: moved anywhere else, it does not open. */
export interface CodeBinding {
  readonly applicationId: string;
  readonly verificationId: string;
  readonly recipientHash: string;
  readonly purpose: string;
}

export interface Vault {
  sealCode(code: string, binding: CodeBinding): string;
  openCode(sealed: string, binding: CodeBinding): string | null;
  /** A plain message's text, kept in the place of a code and never to be taken for one. */
  sealText(text: string, binding: CodeBinding): string;
  openText(sealed: string, binding: CodeBinding): string | null;
  sealRequest(json: string, verificationId: string): string;
  openRequest(sealed: string, verificationId: string): string | null;
  sealAnswer(json: string, keyHash: string): string;
  openAnswer(sealed: string, keyHash: string): string | null;
  sealSandboxMessage(json: string, messageId: string): string;
  openSandboxMessage(sealed: string, messageId: string): string | null;
  sealSigningKey(pem: string, keyId: string): string;
  openSigningKey(sealed: string, keyId: string): string | null;
  /** Keyed hash of one kind of thing within one application; base64url, 43 characters. */
  hash(kind: HashKind, applicationId: string, text: string): string;
  /** Signs callbacks of an application: `whsec_` and 32 bytes in base64 (Standard Webhooks). */
  callbackSecret(applicationId: string): string;
  /** Signs the tokens of a façade: 64 bytes, as long as what it signs with (RFC 7518, 3.2). */
  tokenKey(facade: string): KeyObject;
}

/**
 * A recipient's ledger goes by the hash of the recipient as limits count it, which nearly always is
 * the recipient's own: it is then made once, and storage keeps it once.
 */
export type HashKind =
  | 'recipient'
  | 'starts'
  | 'checks'
  | 'address'
  | 'transaction'
  | 'reference'
  | 'idempotency'
  | 'fingerprint';

/** Opens the vault, making its hash key on the first start. Fails when the ring lacks its key. */
export async function openVault(
  storage: Pick<Storage, 'readSecret' | 'createSecret'>,
  ring: KeyRing,
): Promise<Vault> {
  const fresh = ring.seal(randomBytes(32).toString('base64'), `secret ${hashKeySecret}`);
  const sealed =
    (await storage.readSecret(hashKeySecret)) ?? (await storage.createSecret(hashKeySecret, fresh));
  const opened = ring.open(sealed, `secret ${hashKeySecret}`);
  if (opened === null) {
    const id = sealed.slice(0, Math.max(0, sealed.indexOf('.')));
    throw new KeyRingMismatch(
      `The database was sealed with the key "${id}", which WATCHWORD_KEYS does not hold or holds ` +
        'with other bytes. Add that key to the ring again, after the newest one.',
    );
  }
  return createVault(ring, createSecretKey(Buffer.from(opened, 'base64')));
}

/** Seals what outlives a key of the ring under its newest key. Live codes need nothing. */
export async function resealSecrets(storage: Storage, ring: KeyRing): Promise<number> {
  let resealed = 0;
  const context = `secret ${hashKeySecret}`;
  const sealed = await storage.readSecret(hashKeySecret);
  const opened = sealed === null ? null : ring.open(sealed, context);
  if (opened !== null) {
    await storage.replaceSecret(hashKeySecret, ring.seal(opened, context));
    resealed++;
  }
  for (const key of await storage.listSigningKeys()) {
    const pem = ring.open(key.sealedPrivateKey, `signing-key ${key.id}`);
    if (pem === null) continue;
    await storage.saveSigningKey({
      ...key,
      sealedPrivateKey: ring.seal(pem, `signing-key ${key.id}`),
    });
    resealed++;
  }
  return resealed;
}

export class KeyRingMismatch extends Error {
  override readonly name = 'KeyRingMismatch';
}

function createVault(ring: KeyRing, hashKey: KeyObject): Vault {
  return {
    sealCode: (code, binding) => ring.seal(code, codeContext(binding)),
    openCode: (sealed, binding) => ring.open(sealed, codeContext(binding)),
    sealText: (text, binding) => ring.seal(text, `text ${codeContext(binding)}`),
    openText: (sealed, binding) => ring.open(sealed, `text ${codeContext(binding)}`),
    sealRequest: (json, id) => ring.seal(json, `request ${id}`),
    openRequest: (sealed, id) => ring.open(sealed, `request ${id}`),
    sealAnswer: (json, keyHash) => ring.seal(json, `answer ${keyHash}`),
    openAnswer: (sealed, keyHash) => ring.open(sealed, `answer ${keyHash}`),
    sealSandboxMessage: (json, id) => ring.seal(json, `sandbox ${id}`),
    openSandboxMessage: (sealed, id) => ring.open(sealed, `sandbox ${id}`),
    sealSigningKey: (pem, id) => ring.seal(pem, `signing-key ${id}`),
    openSigningKey: (sealed, id) => ring.open(sealed, `signing-key ${id}`),
    hash: (kind, applicationId, text) => keyedHash(hashKey, `${kind}\n${applicationId}\n${text}`),
    callbackSecret(applicationId) {
      const secret = createHmac('sha256', hashKey).update(`callback-secret\n${applicationId}`);
      return `whsec_${secret.digest('base64')}`;
    },
    tokenKey(facade) {
      const key = createHmac('sha512', hashKey).update(`token-key\n${facade}`);
      return createSecretKey(key.digest());
    },
  };
}

function codeContext(binding: CodeBinding): string {
  // Fixed parts first and the free text last: no two bindings can spell the same context.
  return (
    `code ${binding.applicationId} ${binding.verificationId} ` +
    `${binding.recipientHash} ${binding.purpose}`
  );
}
