import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FacadeRoute } from '#compat/facade.ts';
import { answer } from '#compat/smscx/answer-headers.ts';
import { door } from '#compat/smscx/authenticate.ts';
import { detailsOf, presentBasic } from '#compat/smscx/credentials.ts';
import { answerError, errors } from '#compat/smscx/errors.ts';
import { readScopes } from '#compat/smscx/scopes.ts';
import { readWords } from '#compat/words.ts';
import type { Service } from '#service/service.ts';

/** Clients ask for a number of seconds, so a token without an end tells the most of 32 bits. */
const foreverSeconds = 2_147_483_647;

/** `POST /oauth/token` (RFC 6749 section 4.4). */
export function createTokenRoute(service: Service): FacadeRoute {
  return {
    methods: ['POST'],
    paths: ['/oauth/token'],
    handle: (request, reply) => giveToken(service, request, reply),
  };
}

async function giveToken(
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const presented = presentBasic(request.headers.authorization);
  const opened = presented && (await service.authenticateWith('smscx', presented));
  const details = opened && detailsOf(opened.credential);
  if (opened === null || details === null) {
    reply.header('WWW-Authenticate', 'Basic');
    return answerError(reply, errors.clientInvalid);
  }
  request.caller = door(opened.application);
  const words = readWords(request.body);
  const grantType = words('grant_type');
  if (grantType === undefined) return answerError(reply, errors.grantTypeMissing);
  if (grantType !== 'client_credentials') return answerError(reply, errors.grantTypeUnknown);
  const asked = readScopes(words('scope') ?? '');
  if (asked === null || !asked.every((scope) => details.scopes.includes(scope))) {
    return answerError(reply, errors.scopeInvalid);
  }
  const scope = (asked.length === 0 ? details.scopes : asked).join(' ');
  const { tokenLifetimeSeconds: lifetimeSeconds } = details;
  const { token } = await service.issueToken(opened, { scope, lifetimeSeconds });
  return answer(reply, {
    access_token: token,
    expires_in: lifetimeSeconds ?? foreverSeconds,
    token_type: 'Bearer',
    scope,
  });
}
