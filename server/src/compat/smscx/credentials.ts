/**
 * What a client of SMS.CX holds: the id and the secret of an application, which it changes for a
 * token, and an API key, which opens everything by itself. Keys that we make begin with the
 * application's id, so that they can be found. An operator may name what clients have already: id
 * and secret together, or a key alone, which is then a credential of its own.
 */
import { createHash } from 'node:crypto';
import { readBasic } from '#compat/basic.ts';
import { randomHex } from '#compat/random-text.ts';
import { mistake, refuseUnknown } from '#compat/read-options.ts';
import { readScopes, scopeNames } from '#compat/smscx/scopes.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type {
  CredentialScheme,
  CredentialView,
  NewCredential,
  PresentedCredential,
} from '#service/facade-port.ts';

const applicationIdPattern = /^[A-Za-z0-9_-]{8,64}$/;
const secretPattern = /^[\x21-\x7e]{16,200}$/;
const givenKeyPattern = /^[\x21-\x7e]{20,200}$/;
const ownKeyPattern = /^([A-Za-z0-9_-]{8,64})\.[0-9a-f]{40}$/;
const keyPrefix = 'key:';

/** How long tokens of an application live, as the vendor's own settings page has it. */
const lifetimes = { '1 day': 86_400, '1 week': 604_800, never: null } as const;
export type TokenExpiration = keyof typeof lifetimes;

/** What an application's credential knows beside its secrets. */
export interface ApplicationDetails {
  readonly scopes: readonly string[];
  readonly tokenExpiration: TokenExpiration;
  readonly tokenLifetimeSeconds: number | null;
}

export const credentials: CredentialScheme = {
  make(options) {
    const unknown = refuseUnknown('smscx', options, optionNames);
    if (unknown !== null) return unknown;
    const { apiKey, ...rest } = options;
    if (apiKey === undefined) return makeApplication(rest);
    const [other] = Object.keys(rest);
    if (other !== undefined) {
      return mistake(
        other,
        'An "apiKey" that clients have is a credential of its own. Name it alone.',
      );
    }
    return keepKey(apiKey);
  },
  present: ({ applicationId, applicationSecret, apiKey }) => {
    if (typeof apiKey !== 'string') return null;
    if (applicationId === undefined) return presentKey(apiKey);
    return typeof applicationId === 'string' && typeof applicationSecret === 'string'
      ? { publicId: applicationId, secrets: { applicationSecret, apiKey } }
      : null;
  },
};

/** Null for what no key can be. */
export function presentKey(apiKey: string): PresentedCredential | null {
  const applicationId = ownKeyPattern.exec(apiKey)?.[1];
  if (applicationId !== undefined) return { publicId: applicationId, secrets: { apiKey } };
  return givenKeyPattern.test(apiKey) ? { publicId: idOfKey(apiKey), secrets: {} } : null;
}

/** From `Authorization: Basic …` (RFC 7617); null for what no application can send. */
export function presentBasic(authorization: string | undefined): PresentedCredential | null {
  const pair = readBasic(authorization);
  if (pair === null || !applicationIdPattern.test(pair.name) || !secretPattern.test(pair.secret)) {
    return null;
  }
  return { publicId: pair.name, secrets: { applicationSecret: pair.secret } };
}

/** Null for a key that stands alone, without an application of the vendor's kind. */
export function detailsOf({ publicId, details }: CredentialView): ApplicationDetails | null {
  if (publicId.startsWith(keyPrefix)) return null;
  const { scopes, tokenExpiration } = details as {
    scopes: readonly string[];
    tokenExpiration: TokenExpiration;
  };
  return { scopes, tokenExpiration, tokenLifetimeSeconds: lifetimes[tokenExpiration] };
}

const optionNames = ['applicationId', 'applicationSecret', 'apiKey', 'scopes', 'tokenExpiration'];

function makeApplication(options: Readonly<Record<string, unknown>>): Result<NewCredential> {
  const { applicationId = randomHex(20), applicationSecret } = options;
  const { scopes = scopeNames.join(' '), tokenExpiration = '1 day' } = options;
  if (typeof applicationId !== 'string' || !applicationIdPattern.test(applicationId)) {
    return mistake('applicationId', 'An applicationId has 8 to 64 letters, digits, - or _.');
  }
  const isKept = applicationSecret !== undefined;
  if (isKept !== (options['applicationId'] !== undefined)) {
    return mistake('applicationSecret', 'Give "applicationId" and "applicationSecret" together.');
  }
  const secret = applicationSecret ?? randomHex(20);
  if (typeof secret !== 'string' || !secretPattern.test(secret)) {
    return mistake('applicationSecret', 'A secret has 16 to 200 visible characters.');
  }
  const granted = typeof scopes === 'string' ? readScopes(scopes) : null;
  if (granted === null || granted.length === 0) {
    return mistake('scopes', `The scopes are words from this list: ${scopeNames.join(' ')}.`);
  }
  if (typeof tokenExpiration !== 'string' || !Object.hasOwn(lifetimes, tokenExpiration)) {
    return mistake('tokenExpiration', 'The tokenExpiration is "1 day", "1 week" or "never".');
  }
  const apiKey = `${applicationId}.${randomHex(20)}`;
  return ok({
    publicId: applicationId,
    secrets: {
      applicationSecret: { value: secret, kind: isKept ? 'chosen' : 'random' },
      apiKey: { value: apiKey, kind: 'random' },
    },
    details: { scopes: granted, tokenExpiration },
    shown: { applicationId, applicationSecret: secret, apiKey },
  });
}

/** The vendor makes its keys at random, so a plain hash is enough; it serves as the public id. */
function keepKey(apiKey: unknown): Result<NewCredential> {
  if (typeof apiKey !== 'string' || !givenKeyPattern.test(apiKey) || ownKeyPattern.test(apiKey)) {
    return mistake('apiKey', 'An apiKey of the vendor has 20 to 200 visible characters.');
  }
  return ok({ publicId: idOfKey(apiKey), secrets: {}, details: {}, shown: { apiKey } });
}

function idOfKey(apiKey: string): string {
  return `${keyPrefix}${createHash('sha256').update(apiKey).digest('base64url')}`;
}
