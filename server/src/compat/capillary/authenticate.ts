import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AccessRight, presentTill } from '#compat/capillary/credentials.ts';
import { answerStatus } from '#compat/capillary/errors.ts';
import { door } from '#compat/capillary/settings.ts';
import type { OpenedCredential, PresentedCredential } from '#service/facade-port.ts';
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
  const presented = readBasic(request.headers.authorization ?? '');
  return presented === null ? null : service.authenticateWith('capillary', presented);
}

/** RFC 7617. What stands in the place of the password is its MD5. */
function readBasic(header: string): PresentedCredential | null {
  const encoded = /^Basic +([A-Za-z0-9+/_-]{1,600}={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  const end = pair.indexOf(':');
  return end <= 0 ? null : presentTill(pair.slice(0, end), pair.slice(end + 1));
}
