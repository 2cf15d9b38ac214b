/**
 * Errors as the Pega API writes them: a list of `ID` and `message`. Its clients take every answer
 * for a success whose `Status` is not `FAIL`, some without a look at the status of HTTP, so each
 * failure says `FAIL` as well.
 */
import type { FastifyReply } from 'fastify';
import type { Destination } from '#compat/pega/translate.ts';
import type { Refusal } from '#domain/refusal.ts';
import { faultStatus, type RequestFault } from '#service/request-fault.ts';

/** "Invalid request data" in the vendor's list, and the only row of it that these calls need. */
const invalidData = 'Pega_API_001';

export function answerError(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({
    Status: 'FAIL',
    errors: [{ ID: invalidData, message, pxObjClass: 'Pega-API-Error' }],
    pxObjClass: 'Pega-API',
  });
}

export function answerUnauthorized(reply: FastifyReply): FastifyReply {
  reply.header('WWW-Authenticate', 'Basic realm="Pega", charset="UTF-8"');
  return answerError(reply, 401, 'The user name or the password is wrong.');
}

export function answerOtherPage(reply: FastifyReply): FastifyReply {
  return answerError(reply, 403, 'Pages of another origin cannot make this call.');
}

export function answerFault({ code, detail }: RequestFault, reply: FastifyReply): FastifyReply {
  return answerError(reply, faultStatus[code], detail);
}

export function answerRefusal(
  reply: FastifyReply,
  { code, detail, retryAfterSeconds }: Refusal,
  { field, expected }: Destination,
): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
  switch (code) {
    case 'recipient_invalid':
    case 'recipient_unsupported': {
      const message = `${field} is not an address that can be reached. Give ${expected}.`;
      return answerError(reply, 400, message);
    }
    case 'country_not_allowed': {
      const message = `${field} is of a country that the setting "countries" does not allow.`;
      return answerError(reply, 400, message);
    }
    case 'limit_reached':
    case 'budget_exhausted':
    case 'balance_exhausted':
      return answerError(reply, 429, 'Too many one-time passwords were sent. Try again later.');
    case 'channel_unavailable':
    case 'channel_not_allowed':
      return answerError(reply, 400, 'This way of sending is not set up.');
    case 'template_invalid':
    case 'template_not_found':
    case 'variables_invalid':
      return answerError(reply, 400, 'The correspondence cannot be sent.');
    default:
      return answerError(reply, 400, detail);
  }
}
