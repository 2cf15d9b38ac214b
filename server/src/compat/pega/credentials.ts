/** The operator that a Pega client signs in as (RFC 7617, Basic). */
import { readBasic } from '#compat/basic.ts';
import { randomAlphanumeric, randomHex } from '#compat/random-text.ts';
import { isSecret, mistake, refuseUnknown, secretLength } from '#compat/read-options.ts';
import { ok } from '#domain/refusal.ts';
import type { CredentialScheme, PresentedCredential } from '#service/facade-port.ts';

/** Basic ends a user name at its first colon. */
const usernamePattern = /^[^\s:\p{Cc}]{1,100}$/u;
const { min, max } = secretLength;

export const credentials: CredentialScheme = {
  make(options) {
    const unknown = refuseUnknown('pega', options, ['username', 'password']);
    if (unknown !== null) return unknown;
    const { username = `operator-${randomHex(6)}`, password } = options;
    if (typeof username !== 'string' || !isUsername(username)) {
      return mistake('username', 'A username has 1 to 100 characters, no blank and no colon.');
    }
    if (password !== undefined && !isSecret(password)) {
      return mistake('password', `A password has ${min} to ${max} characters.`);
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
export function presentBasic(header: string | undefined): PresentedCredential | null {
  const pair = readBasic(header);
  return pair === null ? null : presentOperator(pair.name, pair.secret);
}

function presentOperator(username: string, password: string): PresentedCredential | null {
  return isUsername(username) && isSecret(password)
    ? { publicId: username, secrets: { password } }
    : null;
}

function isUsername(value: string): boolean {
  return value.isWellFormed() && usernamePattern.test(value);
}
