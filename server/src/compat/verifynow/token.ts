import type { FacadeRoute } from '#compat/facade.ts';
import { presentAccount, tokenLifetimeOf } from '#compat/verifynow/credentials.ts';
import { door } from '#compat/verifynow/door.ts';
import { refuseToken } from '#compat/verifynow/errors.ts';
import { readWords, type Words } from '#compat/words.ts';
import { ok, type Result } from '#domain/refusal.ts';
import type { PresentedCredential } from '#service/facade-port.ts';
import type { Service } from '#service/service.ts';

const tokenScope = 'NEW';

export function createGiveToken(
  service: Pick<Service, 'authenticateWith' | 'issueToken'>,
): FacadeRoute['handle'] {
  return async (request, reply) => {
    const asked = readTokenRequest(readWords(request.query, request.body));
    if (!asked.ok) return refuseToken(reply, asked.error);
    const opened = await service.authenticateWith('verifynow', asked.value);
    if (opened === null) return refuseToken(reply, notAnAccount);
    request.caller = door(opened.application);
    const lifetimeSeconds = tokenLifetimeOf(opened.credential);
    const { token } = await service.issueToken(opened, { scope: tokenScope, lifetimeSeconds });
    return reply.send({ status: 200, token });
  };
}

/**
 * Reads a token call. `country` and `email` say nothing that decides anything, and clients send
 * them in more than one spelling: they are not looked at. The error is the vendor's text.
 */
function readTokenRequest(words: Words): Result<PresentedCredential, string> {
  const customerId = words('customerId');
  if (customerId === undefined) return { ok: false, error: 'customerId is invalid' };
  const key = words('key');
  if (key === undefined) return { ok: false, error: 'key is invalid' };
  const scope = words('scope') ?? tokenScope;
  if (scope.toUpperCase() !== tokenScope) return { ok: false, error: 'scope is invalid' };
  const presented = presentAccount(customerId, key);
  return presented === null ? { ok: false, error: notAnAccount } : ok(presented);
}

/**
 * Which of the two is wrong is not said, nor told by the moment (`refuse-late.ts`): a stranger
 * could try out which customers there are.
 */
const notAnAccount = 'customerId or key is invalid';
