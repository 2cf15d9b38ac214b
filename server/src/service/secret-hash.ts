/**
 * How secrets of credentials are kept: `sha256.<hash>` for random ones, where there is nothing to
 * guess, and `scrypt.<log2 N>.<r>.<p>.<salt>.<hash>` for those that a person chose.
 *
 * Rules:
 * 1. The parameters of scrypt stand in each hash, so raising them asks nobody for a new secret.
 * 2. N = 2^15, r = 8, p = 3 is a row of OWASP's table: 32 MiB, about a quarter of a second. Two run
 *    at once, on threads of their own, and a bounded number waits: guesses cannot take the server.
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
import { StorageUnavailable } from '#service/ports.ts';

const cost = { logN: 15, r: 8, p: 3 } as const;
const saltBytes = 16;
const hashBytes = 32;
const atOnceMax = 2;
const waitingMax = 64;
const rememberedMax = 1_000;
const presentedMax = 1_024;

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
  const slowly = createSlowLane();

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
    const made = await slowly(() => derive(presented, Buffer.from(salt, 'base64url'), parameters));
    return isSame(made, Buffer.from(expected, 'base64url'));
  }

  return {
    async hash({ value, kind }) {
      if (kind === 'random') return `sha256.${hash('sha256', value, 'base64url')}`;
      const salt = randomBytes(saltBytes);
      const made = await slowly(() => derive(value, salt, cost));
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

/** Runs a few at once; the others wait, and when too many do, the next one is turned away. */
function createSlowLane(): <Value>(work: () => Promise<Value>) => Promise<Value> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnceMax) {
      if (waiting.length >= waitingMax) {
        throw new StorageUnavailable('Too many passwords are being checked. Try again.');
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    try {
      return await work();
    } finally {
      // Whoever waits longest takes the place over; without one it is free.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
