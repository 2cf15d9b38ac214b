import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { sendProblem } from '#api/problem.ts';
import type { IdempotencyKey } from '#service/service.ts';

// Visible ASCII. Node joins two headers of this name with a comma and a blank, and a blank is not
// visible: two keys are refused by the same rule as a malformed one (security.md, K-06).
export const keyPattern = /^[\x21-\x7e]{1,255}$/;

export const keyRule =
  'The Idempotency-Key must be given once and have 1 to 255 visible ASCII characters.';

/** A hook for the calls that can be repeated: before the body is read. */
export function checkIdempotencyKey(
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  const key = request.headers['idempotency-key'];
  if (key === undefined || (typeof key === 'string' && keyPattern.test(key))) {
    done();
    return;
  }
  sendProblem(reply, 'idempotency_key_invalid', keyRule);
}

/** The key, as `checkIdempotencyKey` let it through. */
export function idempotencyKeyOf(request: FastifyRequest): IdempotencyKey {
  const key = request.headers['idempotency-key'];
  return typeof key === 'string' ? key : null;
}
