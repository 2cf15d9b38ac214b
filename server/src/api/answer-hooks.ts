import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '#api/problem.ts';
import { refuseHeaders } from '#api/refuse-headers.ts';
import type { RequestLog } from '#api/request-log.ts';
import type { RequestFault } from '#service/request-fault.ts';

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
      answerFault(request, reply, refused);
    } else if (encoding !== undefined && encoding !== 'identity') {
      // A packed body may unpack to any size; nothing here is worth packing.
      const detail = 'Send the body without Content-Encoding.';
      answerFault(request, reply, { code: 'unsupported_media_type', detail });
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

/** In the words of the door that the request has come to, where those are not ours. */
function answerFault(request: FastifyRequest, reply: FastifyReply, fault: RequestFault): void {
  if (request.answerFault === undefined) sendProblem(reply, fault.code, fault.detail);
  else request.answerFault(fault, reply);
}

export function setAnswerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(answerHeaders);
  reply.header('Request-Id', request.id);
}

type AnswerFault = (fault: RequestFault, reply: FastifyReply) => FastifyReply;

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * For a door that has errors of its own, by what its paths begin with: whole segments, in small
     * letters, with a slash at the end. Where no route is found the router tells no door.
     */
    faultsByPath: Map<string, AnswerFault>;
  }
  interface FastifyRequest {
    /** Decorates the requests of a door that has errors of its own, such as a façade. */
    answerFault?: AnswerFault;
  }
}
