import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '#api/problem.ts';
import { refuseHeaders } from '#api/refuse-headers.ts';
import type { RequestLog } from '#api/request-log.ts';

/** On every answer, errors and pages included. `no-store` also says that proxies keep no copy. */
const answerHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/**
 * What happens around every request: its id and the headers of its answer first, one line in the
 * log last.
 */
export function addAnswerHooks(app: FastifyInstance, logRequest: RequestLog): void {
  app.addHook('onRequest', (request, reply, done) => {
    setAnswerHeaders(request, reply);
    const refused = refuseHeaders(request.raw);
    const encoding = request.headers['content-encoding'];
    if (refused !== null) {
      reply.header('Connection', 'close');
      sendProblem(reply, refused.code, refused.detail);
    } else if (encoding !== undefined && encoding !== 'identity') {
      // A packed body may unpack to any size; nothing here is worth packing.
      sendProblem(reply, 'unsupported_media_type', 'Send the body without Content-Encoding.');
    } else {
      done();
    }
  });
  app.addHook('onResponse', (request, reply, done) => {
    logRequest({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
      requestId: request.id,
      applicationId: request.caller?.application.id ?? null,
    });
    done();
  });
}

export function setAnswerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(answerHeaders);
  reply.header('Request-Id', request.id);
}
