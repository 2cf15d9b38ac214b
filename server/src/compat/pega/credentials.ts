/** The operator that a Pega client signs in as (RFC 7617, Basic). */
import { randomAlphanumeric, randomHex } from '#compat/random-text.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import type { CredentialScheme, PresentedCredential } from '#service/facade-port.ts';

/** Basic ends a user name at its first colon. */
const usernamePattern = /^[^\s:\p{Cc}]{1,100}$/u;
const passwordMin = 8;
const passwordMax = 200;

export const credentials: CredentialScheme = {
  make(options) {
    const unknown = Object.keys(options).find((name) => !['username', 'password'].includes(name));
    if (unknown !== undefined) {
      return mistake(unknown, 'The credentials of pega take "username" and "password".');
    }
    const { username = `operator-${randomHex(6)}`, password } = options;
    if (typeof username !== 'string' || !isUsername(username)) {
      return mistake('username', 'A username has 1 to 100 characters, no blank and no colon.');
    }
    if (password !== undefined && !isPassword(password)) {
      return mistake('password', `A password has ${passwordMin} to ${passwordMax} characters.`);
    }
    const value = password ?? randomAlphanumeric(24);
    const kind = password === undefined ? 'random' : 'chosen';
    return ok({
      publicId: username,
      secrets: { password: { value, kind } },
      details: {},
      shown: { username, password: value },
    });
  },
  present: ({ username, password }) =>
    typeof username === 'string' && typeof password === 'string'
      ? presentOperator(username, password)
      : null,
};

/** What an `Authorization` header says; null for what no operator can have. */
export function readBasic(header: string | undefined): PresentedCredential | null {
  const base64 = /^Basic +([A-Za-z0-9+/_-]{1,2000}={0,2}) *$/i.exec(header ?? '')?.[1];
  if (base64 === undefined) return null;
  const pair = Buffer.from(base64, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? null : presentOperator(pair.slice(0, colon), pair.slice(colon + 1));
}

function presentOperator(username: string, password: string): PresentedCredential | null {
  return isUsername(username) && isPassword(password)
    ? { publicId: username, secrets: { password } }
    : null;
}

function isUsername(value: string): boolean {
  return value.isWellFormed() && usernamePattern.test(value);
}

function isPassword(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.isWellFormed() &&
    value.length >= passwordMin &&
    value.length <= passwordMax
  );
}

function mistake(name: string, detail: string): Result<never> {
  return refuse('request_invalid', detail, { pointer: `/${name}` });
}
