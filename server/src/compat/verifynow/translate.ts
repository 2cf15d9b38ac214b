import { presentAccount } from '#compat/verifynow/credentials.ts';
import type { Words } from '#compat/words.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type { PresentedCredential } from '#service/facade-port.ts';

/**
 * Reads a token call. `country` and `email` say nothing that decides anything, and clients send
 * them in more than one spelling: they are not looked at. The error is the vendor's text.
 */
export function readTokenRequest(words: Words): Result<PresentedCredential, string> {
  const customerId = words('customerId');
  if (customerId === undefined) return { ok: false, error: 'customerId is invalid' };
  const key = words('key');
  if (key === undefined) return { ok: false, error: 'key is invalid' };
  const scope = words('scope') ?? 'NEW';
  if (scope.toUpperCase() !== 'NEW') return { ok: false, error: 'scope is invalid' };
  const presented = presentAccount(customerId, key);
  return presented === null ? { ok: false, error: notAnAccount } : ok(presented);
}

/** Which of the two is wrong is not said: a stranger could try out which customers there are. */
export const notAnAccount = 'customerId or key is invalid';
