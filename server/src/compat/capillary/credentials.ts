/**
 * The credentials of a Capillary client: a till, whose id and MD5 of its password are sent as HTTP
 * Basic, and the key and secret of an OAuth client. Both belong to one access group, which says
 * whether the resource OTP may be read and written.
 *
 * Rules:
 * 1. What a till sends is as good as its password, so it is kept under a slow hash.
 * 2. A key of our making begins with the till's id: it leads to the credential without a table.
 * 3. An operator may name what clients are configured with: a till and its password, or a key and
 *    its secret. Named secrets are kept under a slow hash.
 */
import { createHash } from 'node:crypto';
import { randomAlphanumeric } from '#compat/random-text.ts';
import {
  isSecret,
  mistake,
  type Options,
  refuseUnknown,
  secretLength,
} from '#compat/read-options.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type {
  CredentialScheme,
  NewCredential,
  NewSecret,
  PresentedCredential,
} from '#service/facade-port.ts';

export const accessRights = ['READ', 'WRITE'] as const;
export type AccessRight = (typeof accessRights)[number];

const tokenLifetime = { min: 60, usual: 3_600, max: 3_600 } as const;
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{2,99}$/;
/** A key of our making: the till's id, a dot and as many random letters and digits. */
const keyTailLength = 22;
const ownKeyPattern = /^(.+)\.[A-Za-z0-9]{22}$/;
const names = ['tillId', 'password', 'key', 'secret', 'access', 'tokenLifetimeSeconds'];

export const credentials: CredentialScheme = {
  make(options) {
    const unknown = refuseUnknown('capillary', options, names);
    if (unknown !== null) return unknown;
    for (const name of ['tillId', 'key'] as const) {
      const value = options[name];
      if (value !== undefined && !(typeof value === 'string' && idPattern.test(value))) {
        return mistake(name, `The ${name} has 3 to 100 letters, digits, and ". _ - @" between.`);
      }
    }
    for (const name of ['password', 'secret'] as const) {
      if (options[name] !== undefined && !isSecret(options[name])) {
        const { min, max } = secretLength;
        return mistake(name, `The ${name} has ${min} to ${max} characters.`);
      }
    }
    const details = readDetails(options);
    if (!details.ok) return details;
    const isOauthOnly = options['key'] !== undefined || options['secret'] !== undefined;
    return isOauthOnly ? makeClient(options, details.value) : makeTill(options, details.value);
  },
  present({ tillId, password, key, secret }) {
    if (typeof tillId === 'string' && typeof password === 'string') {
      return presentTill(tillId, md5(password));
    }
    const isClient = typeof key === 'string' && typeof secret === 'string';
    return isClient ? presentClient(key, secret) : null;
  },
};

export interface AccessDetails {
  readonly access: readonly AccessRight[];
  readonly tokenLifetimeSeconds: number;
}

/** A till, with an OAuth client of its own. */
function makeTill(
  { tillId = `till.${randomAlphanumeric(8).toLowerCase()}`, password }: Options,
  details: AccessDetails,
): Result<NewCredential> {
  const shownPassword = typeof password === 'string' ? password : randomAlphanumeric(24);
  const key = `${tillId}.${randomAlphanumeric(keyTailLength)}`;
  const secret = randomAlphanumeric(43);
  return ok({
    publicId: String(tillId),
    secrets: {
      password: { value: md5(shownPassword), kind: 'chosen' },
      key: random(key),
      secret: random(secret),
    },
    details: { ...details },
    shown: { tillId: String(tillId), password: shownPassword, key, secret },
  });
}

/** An OAuth client alone, as somebody has it already. */
function makeClient(
  { key, secret, tillId, password }: Options,
  details: AccessDetails,
): Result<NewCredential> {
  if (tillId !== undefined || password !== undefined) {
    return mistake('tillId', 'Name a till and its password, or a key and its secret, not both.');
  }
  if (typeof key !== 'string') return mistake('key', 'A secret needs its key. Name it too.');
  if (ownKeyPattern.test(key)) {
    return mistake('key', 'This key has the shape of one of ours. Choose another one.');
  }
  const isNamed = typeof secret === 'string';
  const value = isNamed ? secret : randomAlphanumeric(43);
  return ok({
    publicId: key,
    secrets: { key: random(key), secret: { value, kind: isNamed ? 'chosen' : 'random' } },
    details: { ...details },
    shown: { key, secret: value },
  });
}

/** `digest` is what the client sends in the place of the password. */
export function presentTill(tillId: string, digest: string): PresentedCredential | null {
  if (!/^[0-9a-f]{32}$/i.test(digest)) return null;
  return { publicId: tillId, secrets: { password: digest.toLowerCase() } };
}

/** What a key and its secret are: a till's, or a client's own. */
export function presentClient(key: string, secret: string): PresentedCredential {
  return { publicId: ownKeyPattern.exec(key)?.[1] ?? key, secrets: { key, secret } };
}

function readDetails({ access, tokenLifetimeSeconds }: Options): Result<AccessDetails> {
  const rights = access ?? accessRights;
  const isList =
    Array.isArray(rights) &&
    rights.length > 0 &&
    rights.every((one) => accessRights.some((right) => right === one));
  if (!isList) return mistake('access', 'The access is a list of READ and WRITE.');
  const lifetime = tokenLifetimeSeconds ?? tokenLifetime.usual;
  const { min, max } = tokenLifetime;
  if (!Number.isInteger(lifetime) || Number(lifetime) < min || Number(lifetime) > max) {
    return mistake('tokenLifetimeSeconds', `A token lives ${min} to ${max} seconds.`);
  }
  return ok({
    access: [...new Set(rights as AccessRight[])],
    tokenLifetimeSeconds: Number(lifetime),
  });
}

function random(value: string): NewSecret {
  return { value, kind: 'random' };
}

function md5(password: string): string {
  return createHash('md5').update(password).digest('hex');
}
