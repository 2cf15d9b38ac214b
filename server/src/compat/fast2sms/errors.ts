/**
 * The vendor's list of errors, the rows of it that can happen here. A failure has a whole number as
 * `status_code` and a text as `message`, where a success has an array. HTTP is 400, and 401 where
 * nobody is known.
 *
 * What has no row is ours: 400 for a value of managed OTP that is no good and for a request that
 * cannot be read or has another method, 503 while nothing can be done. The other numbers of HTTP
 * are not used: 404, 405 and 500 mean something else here.
 */
import type { FastifyReply } from 'fastify';
import type { Refusal } from '#domain/refusal.ts';
import { faultStatus, type RequestFault } from '#service/request-fault.ts';

export const errorRows = {
  401: 'Sender ID Missing',
  402: 'Message Text Missing',
  403: 'Route Missing',
  404: 'Language Missing',
  405: 'Numbers Missing',
  406: 'Invalid Sender ID',
  408: 'Invalid Route',
  409: 'Invalid Route Authentication',
  410: 'Invalid Language',
  411: 'Invalid Numbers',
  412: 'Invalid Authentication, Check Authorization Key',
  416: "You don't have sufficient wallet balance",
  417: 'Use english letters or change language to unicode',
  424: 'Invalid Message ID',
  425: 'Invalid Template',
  426: 'Invalid link used in variables',
  990: "You're hitting old API. Refer updated documentation",
  995: 'Spamming detected (sending multiple SMS to same number is not allowed)',
  997: 'Only numeric variable_values is allowed in OTP route',
  998: 'Use DLT or Quick SMS route for sending Bulk SMS',
} as const;

/** A row of the list by its number, or a number and text of ours. */
export type Failure =
  | keyof typeof errorRows
  | { readonly code: 400 | 503; readonly message: string; readonly status?: number };

export function answerFailure(reply: FastifyReply, failure: Failure): FastifyReply {
  if (typeof failure === 'number') {
    return send(reply, failure === 412 ? 401 : 400, failure, errorRows[failure]);
  }
  return send(reply, failure.status ?? failure.code, failure.code, failure.message);
}

export function answerFault({ code, detail }: RequestFault, reply: FastifyReply): FastifyReply {
  const status = faultStatus[code];
  switch (code) {
    case 'route_not_found':
      return send(reply, status, 990, errorRows[990]);
    case 'storage_unavailable':
    case 'internal_error':
      return send(reply, status, 503, 'Service unavailable, try again');
    default:
      return send(reply, status, 400, detail);
  }
}

/** A refusal of the service in the vendor's words. */
export function failureOf({ code, pointer }: Refusal): Failure {
  switch (code) {
    case 'recipient_invalid':
    case 'recipient_unsupported':
    case 'country_not_allowed':
      return 411;
    case 'limit_reached':
    case 'verification_exists':
      return 995;
    case 'balance_exhausted':
    case 'budget_exhausted':
      return 416;
    case 'channel_unavailable':
    case 'channel_not_allowed':
      return 409;
    case 'template_not_found':
    case 'template_invalid':
    case 'variables_invalid':
      return 425;
    case 'code_invalid':
      return { code: 400, message: 'After many wrong attempts this number needs a longer otp' };
    default:
      return pointer === '/sender' ? 406 : { code: 400, message: 'Invalid request' };
  }
}

function send(reply: FastifyReply, status: number, code: number, message: string): FastifyReply {
  return reply.code(status).send({ return: false, status_code: code, message });
}
