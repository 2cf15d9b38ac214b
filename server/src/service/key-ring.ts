/**
 * The key ring: keys that live outside the database, newest first. What is sealed under it is
 * AES-256-GCM, named with the id of its key and bound to a context, so a ciphertext moved to
 * another row, purpose or recipient does not open.
 *
 * Nonces are 8 random bytes drawn once per process and a 4-byte counter (NIST SP 800-38D, 8.2.1):
 * random 96-bit nonces would reach their safe bound of 2^32 messages after days of full load.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const counterMax = 0xffff_ffff;
const keyIdPattern = /^[A-Za-z0-9_-]{1,32}$/;

export interface KeyRing {
  readonly newestId: string;
  readonly ids: readonly string[];
  /** `<key id>.<base64url of nonce, ciphertext and tag>`. */
  seal(plain: string, context: string): string;
  /** Null when the key is not in the ring, the context differs, or a byte was changed. */
  open(sealed: string, context: string): string | null;
}

/** Reads `id:base64` pairs separated by commas, newest first; each key is 32 bytes. */
export function parseKeyRing(
  text: string,
): { ok: true; ring: KeyRing } | { ok: false; mistakes: string[] } {
  const mistakes: string[] = [];
  const keys = new Map<string, KeyObject>();
  for (const [index, pair] of text.split(',').entries()) {
    const separator = pair.indexOf(':');
    const id = pair.slice(0, Math.max(separator, 0)).trim();
    const key = Buffer.from(pair.slice(separator + 1).trim(), 'base64');
    if (!keyIdPattern.test(id)) {
      mistakes.push(`Key ${index + 1} needs the form id:base64, its id made of A-Z a-z 0-9 _ -.`);
    } else if (key.length !== keyBytes) {
      mistakes.push(`Key "${id}" must be ${keyBytes} bytes in base64, and it is ${key.length}.`);
    } else if (keys.has(id)) {
      mistakes.push(`The key id "${id}" stands twice in the ring. Give each key its own id.`);
    } else {
      keys.set(id, createSecretKey(key));
    }
  }
  return mistakes.length > 0 ? { ok: false, mistakes } : { ok: true, ring: createKeyRing(keys) };
}

/** A new entry for the ring, as `watchword keys generate` prints it. */
export function generateRingEntry(now: Date): string {
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  return `k${day}-${randomBytes(3).toString('hex')}:${randomBytes(keyBytes).toString('base64')}`;
}

function createKeyRing(keys: ReadonlyMap<string, KeyObject>): KeyRing {
  const [newest] = keys;
  if (newest === undefined) throw new Error('A key ring needs at least one key.');
  const [newestId, newestKey] = newest;
  const nextNonce = createNonces();

  return {
    newestId,
    ids: [...keys.keys()],
    seal(plain, context) {
      const nonce = nextNonce();
      const cipher = createCipheriv('aes-256-gcm', newestKey, nonce);
      cipher.setAAD(Buffer.from(context));
      const body = cipher.update(plain, 'utf8');
      cipher.final();
      const sealed = Buffer.allocUnsafe(nonceBytes + body.length + tagBytes);
      nonce.copy(sealed);
      body.copy(sealed, nonceBytes);
      cipher.getAuthTag().copy(sealed, nonceBytes + body.length);
      return `${newestId}.${sealed.toString('base64url')}`;
    },
    open(sealed, context) {
      const separator = sealed.indexOf('.');
      const key = keys.get(sealed.slice(0, Math.max(separator, 0)));
      const bytes = Buffer.from(sealed.slice(separator + 1), 'base64url');
      if (key === undefined || bytes.length < nonceBytes + tagBytes) return null;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
      try {
        const body = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes));
        decipher.final();
        return body.toString('utf8');
      } catch {
        return null;
      }
    },
  };
}

/** Nonces that never repeat: when the counter is used up, 8 new random bytes go before it. */
export function createNonces(usedSoFar = 0): () => Buffer {
  let prefix = randomBytes(8);
  let counter = usedSoFar;
  return () => {
    if (counter === counterMax) {
      prefix = randomBytes(8);
      counter = 0;
    }
    counter++;
    const nonce = Buffer.allocUnsafe(nonceBytes);
    prefix.copy(nonce);
    nonce.writeUInt32BE(counter, 8);
    return nonce;
  };
}

/** A keyed hash, base64url. A KeyObject, because a Buffer as key halves the rate on Node 24. */
export function keyedHash(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}
