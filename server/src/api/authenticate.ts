import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '#api/problem.ts';
import type { Caller, Service } from '#service/service.ts';

// RFC 6750 section 2.1; the scheme's name has no letter case (RFC 9110 section 11.1). The length is
// bounded here, because looking a key up means hashing it.
const bearerPattern = /^Bearer +([A-Za-z0-9._~+/=-]{1,256})$/i;

/**
 * A hook that finds the application an API key opens. It runs before the body is read, so nobody
 * without a key makes us parse anything.
 */
export function createAuthenticate(service: Pick<Service, 'authenticate'>) {
  return async function authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const header = request.headers.authorization;
    const apiKey = header === undefined ? undefined : bearerPattern.exec(header)?.[1];
    const application = apiKey === undefined ? null : await service.authenticate(apiKey);
    if (application === null) {
      reply.header('WWW-Authenticate', challengeFor(header));
      await sendProblem(reply, 'unauthenticated', detailFor(header, apiKey));
      return;
    }
    request.caller = { application, origin: 'api' };
  };
}

/** Who asks, on a route that needs a key. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('This route was mounted without authentication.');
  return request.caller;
}

/** A request without credentials is told the scheme only (RFC 6750 section 3.1). */
function challengeFor(header: string | undefined): string {
  const challenge = 'Bearer realm="watchword"';
  return header === undefined ? challenge : `${challenge}, error="invalid_token"`;
}

function detailFor(header: string | undefined, apiKey: string | undefined): string {
  if (header === undefined) {
    return 'The request has no API key. Send it as "Authorization: Bearer wk_…".';
  }
  if (apiKey === undefined) {
    return 'The Authorization header must be "Bearer" followed by the API key.';
  }
  return 'The API key is unknown or was revoked.';
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
}
