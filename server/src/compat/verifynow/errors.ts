/**
 * How VerifyNow says that something went wrong. A failed token call is HTTP 200 with `status` and
 * `error`. Every other call has the envelope of `responseCode` and `message`, whose codes are a
 * closed list: what is wrong with a request as a whole is its 400 or 500, and the status of HTTP
 * says the rest.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Failure, failure, responseCodes } from '#compat/verifynow/codes.ts';
import { tokenPath } from '#compat/verifynow/paths.ts';
import type { RefusalCode } from '#domain/refusal.ts';
import { faultStatus, type RequestFault } from '#service/request-fault.ts';

export function answerFault({ code, detail }: RequestFault, reply: FastifyReply): FastifyReply {
  const status = faultStatus[code];
  const [path = ''] = reply.request.url.split('?', 1);
  const message = status >= 500 ? 'SERVER_ERROR' : 'BAD_REQUEST';
  const body = path.includes(tokenPath)
    ? { status, error: detail }
    : { responseCode: responseCodes[message], message };
  return reply.code(status).send(body);
}

/** What is wrong with a token call itself. */
export function refuseToken(reply: FastifyReply, error: string): FastifyReply {
  return reply.code(200).send({ status: 400, error });
}

/** No token, or one that opens nothing (any more). The vendor's list has no code for it. */
export function refuseUnauthorized(reply: FastifyReply): FastifyReply {
  return reply
    .code(401)
    .header('WWW-Authenticate', 'authToken')
    .send({ responseCode: 401, message: 'UNAUTHORIZED' });
}

const limited = failure('MAXIMUM_LIMIT_REACHED', 'No more codes are sent now. Try again later.');
const notSetUp = failure('SERVER_ERROR', 'The account is not set up to send this message.');

const failures: Readonly<Partial<Record<RefusalCode, Failure>>> = {
  request_invalid: failure('BAD_REQUEST', 'A parameter has a value that cannot be used.'),
  recipient_invalid: failure('BAD_REQUEST', 'countryCode and mobileNumber are no phone number.'),
  recipient_unsupported: failure('BAD_REQUEST', 'This mobileNumber cannot receive the message.'),
  channel_not_allowed: failure('BAD_REQUEST', 'This flowType is not open to the account.'),
  channel_unavailable: failure('BAD_REQUEST', 'This flowType cannot be delivered at present.'),
  country_not_allowed: failure('INVALID_COUNTRY_CODE', 'This country is not open to the account.'),
  verification_not_found: failure('INVALID_VERIFICATION_ID'),
  limit_reached: limited,
  budget_exhausted: limited,
  balance_exhausted: failure('MAXIMUM_LIMIT_REACHED', 'The account has no balance left.'),
};

/** What is not listed is nothing that a client does: a template or a setting of the account. */
export function failureOf(code: RefusalCode): Failure {
  return failures[code] ?? notSetUp;
}

/**
 * A body that cannot be read counts as none, as clients send anything there. Who meant it hears of
 * it beside what is then missing.
 */
export function besideBody({ method, headers, body }: FastifyRequest, error: Failure): Failure {
  const hasBody = (headers['content-length'] ?? '0') !== '0' || 'transfer-encoding' in headers;
  const isUnread = method === 'POST' && hasBody && body === undefined;
  if (error.name !== 'BAD_REQUEST' || !isUnread) return error;
  return failure(error.name, `${error.errorMessage ?? ''} ${bodyUnread}`.trim());
}

const bodyUnread = 'The body is no JSON and no form, so only the query was read.';
