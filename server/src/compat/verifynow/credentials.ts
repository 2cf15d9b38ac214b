/**
 * The account of a VerifyNow client: a customer id (`C-` and hexadecimal digits) and a password,
 * which is sent as its Base64, called the key. An operator may name both, so that clients keep what
 * they are configured with; a password that was named is kept under a slow hash.
 *
 * Tokens live as long as the one of the vendor's sample, seven days. Clients that took theirs from
 * the vendor's dashboard hold it for years: an operator may allow the same.
 */
import { isUtf8 } from 'node:buffer';
import { randomAlphanumeric, randomHex } from '#compat/random-text.ts';
import { isSecret, isWholeIn, mistake, refuseUnknown, secretLength } from '#compat/read-options.ts';
import { ok } from '#domain/refusal.ts';
import type {
  CredentialScheme,
  CredentialView,
  PresentedCredential,
} from '#service/facade-port.ts';

const customerIdPattern = /^C-[0-9A-Fa-f]{6,40}$/;
const tokenLifetime = { min: 60, usual: 604_800, max: 157_680_000 } as const;

export const credentials: CredentialScheme = {
  make(options) {
    const unknown = refuseUnknown('verifynow', options, names);
    if (unknown !== null) return unknown;
    const { customerId = `C-${randomHex(8).toUpperCase()}`, password } = options;
    if (typeof customerId !== 'string' || !customerIdPattern.test(customerId)) {
      return mistake('customerId', 'A customerId is "C-" and 6 to 40 hexadecimal digits.');
    }
    if (password !== undefined && !isSecret(password)) {
      const { min, max } = secretLength;
      return mistake('password', `A password has ${min} to ${max} characters.`);
    }
    const { tokenLifetimeSeconds = tokenLifetime.usual } = options;
    if (!isTokenLifetime(tokenLifetimeSeconds)) {
      const { min, max } = tokenLifetime;
      return mistake('tokenLifetimeSeconds', `A token lives ${min} to ${max} seconds.`);
    }
    // A multiple of three such characters has neither padding nor + or / in Base64.
    const value = password ?? randomAlphanumeric(24);
    const kind = password === undefined ? 'random' : 'chosen';
    return ok({
      publicId: customerId,
      secrets: { password: { value, kind } },
      details: { tokenLifetimeSeconds },
      shown: { customerId, key: Buffer.from(value).toString('base64') },
    });
  },
  present: ({ customerId, key }) =>
    typeof customerId === 'string' && typeof key === 'string'
      ? presentAccount(customerId, key)
      : null,
};

const names = ['customerId', 'password', 'tokenLifetimeSeconds'];
const isTokenLifetime = isWholeIn(tokenLifetime.min, tokenLifetime.max);

export function tokenLifetimeOf({ details }: CredentialView): number {
  const { tokenLifetimeSeconds = tokenLifetime.usual } = details;
  return Number(tokenLifetimeSeconds);
}

/** Null for what no account can have. */
export function presentAccount(customerId: string, key: string): PresentedCredential | null {
  const password = readKey(key);
  return password === null || !customerIdPattern.test(customerId)
    ? null
    : { publicId: customerId, secrets: { password } };
}

/** The password in a key, in either alphabet of Base64 (RFC 4648), with its padding or without. */
function readKey(key: string): string | null {
  // A plus that was put into a query without being encoded arrives as a blank.
  const base64 = key.replaceAll(' ', '+');
  if (base64.length > secretLength.max * 6 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) return null;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length > 0 && isUtf8(bytes) ? bytes.toString('utf8') : null;
}
