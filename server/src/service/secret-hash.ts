/**
 * How secrets of credentials are kept: `sha256.<hash>` for random ones, where there is nothing to
 * guess, and `scrypt.<log2 N>.<r>.<p>.<salt>.<hash>` for those that a person chose.
 *
 * Rules:
 * 1. The parameters of scrypt stand in each hash, so raising them asks nobody for a new secret.
 * 2. N = 2^15, r = 8, p = 3 is a row of OWASP's table: 32 MiB, about a quarter of a second. Two run
 *    at once, on threads of their own, one for each credential, and a bounded number waits: guesses
 *    cannot take the server, and those at one credential do not hold up who presents another.
 * 3. What a comparison came to is remembered, or a client that sends its password with each call
 *    would pay for it each time; calls that come at once wait for one comparison. It is remembered
 *    under a keyed hash whose key lives in memory.
 */
import {
  createHmac,
  createSecretKey,
  hash,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import type { NewSecret } from '#service/facade-port.ts';

const cost = { logN: 15, r: 8, p: 3 } as const;
const saltBytes = 16;
const hashBytes = 32;
const atOnceMax = 2;
const waitingMax = 8;
const credentialsMax = 64;
const rememberedMax = 1_000;
const presentedMax = 1_024;

/** More secrets of a credential are being compared than may wait. Nothing was compared. */
export class TooManySecrets extends Error {
  override readonly name = 'TooManySecrets';
}

export interface SecretHashes {
  hash(secret: NewSecret): Promise<string>;
  /** In time that does not tell how much of a secret is right. */
  isRight(kept: string, presented: string): Promise<boolean>;
}

export function createSecretHashes(): SecretHashes {
  // As an object: with its bytes alone, each hash would take seven times as long.
  const memoryKey = createSecretKey(randomBytes(32));
  const right = new Set<string>();
  // Under way, or wrong; apart, so that nobody's guesses make a client pay again.
  const others = new Map<string, Promise<boolean>>();
  const slowly = createSlowLanes();

  function isRightSlowly(kept: string, presented: string): Promise<boolean> {
    const name = createHmac('sha256', memoryKey).update(`${kept}\n${presented}`).digest('base64');
    if (right.has(name)) return Promise.resolve(true);
    const known = others.get(name);
    if (known !== undefined) return known;
    const comparing = compareSlowly(kept, presented);
    if (others.size >= rememberedMax) others.clear();
    others.set(name, comparing);
    comparing.then(
      (isRight) => {
        if (!isRight) return;
        others.delete(name);
        if (right.size >= rememberedMax) right.clear();
        right.add(name);
      },
      // Who was turned away was not compared.
      () => others.delete(name),
    );
    return comparing;
  }

  async function compareSlowly(kept: string, presented: string): Promise<boolean> {
    const [, logN, r, p, salt = '', expected = ''] = kept.split('.');
    const parameters = { logN: Number(logN), r: Number(r), p: Number(p) };
    const made = await slowly(kept, () =>
      derive(presented, Buffer.from(salt, 'base64url'), parameters),
    );
    return isSame(made, Buffer.from(expected, 'base64url'));
  }

  return {
    async hash({ value, kind }) {
      if (kind === 'random') return `sha256.${hash('sha256', value, 'base64url')}`;
      const salt = randomBytes(saltBytes);
      const made = await slowly('', () => derive(value, salt, cost));
      const { logN, r, p } = cost;
      return `scrypt.${logN}.${r}.${p}.${salt.toString('base64url')}.${made.toString('base64url')}`;
    },
    async isRight(kept, presented) {
      if (presented.length > presentedMax) return false;
      if (kept.startsWith('scrypt.')) return isRightSlowly(kept, presented);
      const expected = Buffer.from(kept.slice('sha256.'.length), 'base64url');
      return isSame(hash('sha256', presented, 'buffer'), expected);
    },
  };
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function derive(
  secret: string,
  salt: Buffer,
  { logN, r, p }: { logN: number; r: number; p: number },
): Promise<Buffer> {
  const N = 2 ** logN;
  // 128 * r * (N + p) bytes, and what the library needs beside them.
  const options = { N, r, p, maxmem: 128 * r * (N + p) + 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, hashBytes, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

type SlowLanes = <Value>(name: string, work: () => Promise<Value>) => Promise<Value>;

/** Runs a few at once, and of each name one: the names take turns, and a few wait at each. */
function createSlowLanes(): SlowLanes {
  // A name stays here as long as anything of it runs or waits.
  const waiting = new Map<string, (() => void)[]>();
  const busy = new Set<string>();

  function startNext(): void {
    for (const [name, queue] of waiting) {
      if (busy.size >= atOnceMax) return;
      if (busy.has(name)) continue;
      const begin = queue.shift();
      waiting.delete(name);
      if (begin === undefined) continue;
      // Behind the others, whose turn is next.
      waiting.set(name, queue);
      busy.add(name);
      begin();
    }
  }

  return async (name, work) => {
    const queue = waiting.get(name) ?? [];
    const isNew = !waiting.has(name);
    if (queue.length >= waitingMax || (isNew && waiting.size >= credentialsMax)) {
      throw new TooManySecrets('Too many passwords are being checked. Try again in some seconds.');
    }
    const turn = new Promise<void>((resolve) => queue.push(resolve));
    waiting.set(name, queue);
    startNext();
    await turn;
    try {
      return await work();
    } finally {
      busy.delete(name);
      startNext();
    }
  };
}
