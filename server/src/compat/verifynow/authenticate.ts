import type { FastifyRequest } from 'fastify';
import type { FacadeRoute } from '#compat/facade.ts';
import { type Failure, fail } from '#compat/verifynow/codes.ts';
import { door } from '#compat/verifynow/door.ts';
import { refuseUnauthorized } from '#compat/verifynow/errors.ts';
import type { Version } from '#compat/verifynow/paths.ts';
import type { Words } from '#compat/words.ts';
import type { Service } from '#service/service.ts';

/** Whom the token of a request was given to. */
const customers = new WeakMap<FastifyRequest, string>();

/**
 * The header `authToken`, which is the bare token. Clients take 401 for the sign to get a new one,
 * so every other trouble has another status.
 */
export function createAuthenticate(
  service: Pick<Service, 'readToken'>,
): NonNullable<FacadeRoute['authenticate']> {
  return async (request, reply) => {
    const { authtoken } = request.headers;
    if (typeof authtoken !== 'string') return refuseUnauthorized(reply);
    const verdict = await service.readToken('verifynow', authtoken);
    if (verdict.kind !== 'valid') return refuseUnauthorized(reply);
    request.caller = door(verdict.application);
    customers.set(request, verdict.credential.publicId);
    return undefined;
  };
}

/** v2 asks for the customer's id in every call, v3 takes it: either way it is the token's. */
export function refuseCustomer(
  request: FastifyRequest,
  words: Words,
  version: Version,
): { readonly ok: false; readonly error: Failure } | null {
  const customerId = words('customerId');
  if (customerId === undefined) {
    return version === 'v2' ? fail('BAD_REQUEST', 'customerId is missing.') : null;
  }
  if (customerId === customers.get(request)) return null;
  return fail('INVALID_CUSTOMER_ID', 'customerId is not the one that the authToken was given to.');
}
