/**
 * How VerifyNow says that something went wrong. A failed token call is HTTP 200 with `status` and
 * `error`. Every other call has the envelope of `responseCode` and `message`, whose codes are a
 * closed list: what is wrong with a request as a whole is its 400 or 500, and the status of HTTP
 * says the rest.
 */
import type { FastifyReply } from 'fastify';
import { tokenPath } from '#compat/verifynow/paths.ts';
import { faultStatus, type RequestFault } from '#service/request-fault.ts';

export function answerFault({ code, detail }: RequestFault, reply: FastifyReply): FastifyReply {
  const status = faultStatus[code];
  const [path = ''] = reply.request.url.split('?', 1);
  const isOurs = status >= 500;
  const body = path.includes(tokenPath)
    ? { status, error: detail }
    : { responseCode: isOurs ? 500 : 400, message: isOurs ? 'SERVER_ERROR' : 'BAD_REQUEST' };
  return reply.code(status).send(body);
}

/** What is wrong with a token call itself. */
export function refuseToken(reply: FastifyReply, error: string): FastifyReply {
  return reply.code(200).send({ status: 400, error });
}
