import type { FastifyReply } from 'fastify';

/**
 * Calls as such are not counted here, only what they do to a phone number. So clients that pace
 * themselves by these headers read a number that they cannot use up, and go on; a limit that is
 * reached comes with its own.
 */
const callsMax = 1_000_000;

export interface RateHeaders {
  readonly limit: number;
  readonly remaining: number;
}

/** On every answer, as the vendor has them. The time is in milliseconds. */
export function setVendorHeaders(
  reply: FastifyReply,
  { limit, remaining }: RateHeaders = { limit: callsMax, remaining: callsMax },
): void {
  reply.headers({
    'X-Request-Id': reply.request.id,
    'X-Response-Time': reply.elapsedTime.toFixed(3),
    'X-Rate-Limit-Limit': limit,
    'X-Rate-Limit-Remaining': remaining,
  });
}

export function answer(reply: FastifyReply, body: unknown, status: 200 | 201 = 200): FastifyReply {
  setVendorHeaders(reply);
  return reply.code(status).send(body);
}
