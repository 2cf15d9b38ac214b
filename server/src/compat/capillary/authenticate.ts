import type { FastifyReply, FastifyRequest } from 'fastify';
import { readBasic } from '#compat/basic.ts';
import { type AccessRight, presentTill } from '#compat/capillary/credentials.ts';
import { answerStatus } from '#compat/capillary/errors.ts';
import { door } from '#compat/capillary/settings.ts';
import type { OpenedCredential } from '#service/facade-port.ts';
import type { Service } from '#service/service.ts';

/** Any one of the rights opens the call. */
export function authenticateFor(
  service: Service,
  rights: readonly AccessRight[],
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return async (request, reply) => {
    const opened = await open(service, request);
    if (opened === null) {
      reply.header('WWW-Authenticate', 'Basic realm="Capillary", charset="UTF-8"');
      return answerStatus(reply, 401, 'Invalid credentials or token');
    }
    request.caller = door(opened.application);
    const access = opened.credential.details['access'];
    const isAllowed = Array.isArray(access) && rights.some((right) => access.includes(right));
    if (isAllowed) return undefined;
    return answerStatus(
      reply,
      403,
      `The access group of this client has no ${rights.join(' or ')} access to OTP`,
    );
  };
}

async function open(service: Service, request: FastifyRequest): Promise<OpenedCredential | null> {
  const token = request.headers['x-cap-api-oauth-token'];
  if (typeof token === 'string') {
    const verdict = await service.readToken('capillary', token.trim());
    return verdict.kind === 'valid' ? verdict : null;
  }
  const pair = readBasic(request.headers.authorization);
  const presented = pair && presentTill(pair.name, pair.secret);
  return presented && service.authenticateWith('capillary', presented);
}
