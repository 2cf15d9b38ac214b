import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { setAnswerHeaders } from '#api/answer-hooks.ts';
import { describeViolations, summarizeErrors, type Violation } from '#api/describe-violations.ts';
import { sendProblem } from '#api/problem.ts';
import { NotJson } from '#api/read-json.ts';
import { StorageUnavailable } from '#service/ports.ts';

/** The edge: whatever is thrown behind it becomes an answer here, and only here. */
export function catchErrors(app: FastifyInstance): void {
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) =>
    answerUnknownPath(request, reply, 'There is nothing at this path.'),
  );
}

/** What the router cannot read (a broken percent-encoding, an endless segment) is not found. */
export function answerUnreadablePath(
  _error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  // It is turned down before any hook has run, and before the router has found a door.
  setAnswerHeaders(request, reply);
  answerUnknownPath(request, reply, 'There is nothing at this path: it cannot be read.');
}

/** In the words of the door whose other paths begin alike. */
function answerUnknownPath(
  request: FastifyRequest,
  reply: FastifyReply,
  detail: string,
): FastifyReply {
  const path = `${request.url.split('?', 1)[0]}/`.toLowerCase();
  for (const [beginning, answerFault] of request.server.faultsByPath) {
    if (path.startsWith(beginning)) return answerFault({ code: 'route_not_found', detail }, reply);
  }
  return sendProblem(reply, 'route_not_found', detail);
}

function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error.validation !== undefined) return sendViolations(error, request, reply);
  if (error instanceof NotJson) {
    keepConnection(reply);
    return sendProblem(reply, 'not_json', `${error.message} Send one JSON object.`);
  }
  if (error instanceof StorageUnavailable) {
    request.log.error({ requestId: request.id, error: chainOf(error) }, 'storage unavailable');
    return sendProblem(
      reply,
      'storage_unavailable',
      'The storage cannot be reached now. Nothing was changed; try again.',
    );
  }
  return sendFrameworkError(error, request, reply);
}

function sendViolations(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error.validationContext === 'body' && request.body === undefined) {
    return sendProblem(reply, 'not_json', 'The request has no body. Send one JSON object.');
  }
  const errors = describeViolations((error.validation ?? []) as unknown as readonly Violation[]);
  return sendProblem(reply, 'request_invalid', summarizeErrors(errors), { errors });
}

/**
 * Fastify hangs up after a body that it does not take. A client that is still writing would then
 * meet a broken connection instead of the answer. Without that, Node reads the rest and throws it
 * away, for as long as `requestTimeoutMs` allows.
 */
function keepConnection(reply: FastifyReply): void {
  reply.removeHeader('connection');
}

function sendFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      keepConnection(reply);
      return sendProblem(
        reply,
        'body_too_large',
        `The body of this call has at most ${request.routeOptions.bodyLimit} bytes.`,
      );
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return sendProblem(
        reply,
        'unsupported_media_type',
        'The body must be JSON: send Content-Type: application/json.',
      );
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return sendProblem(reply, 'request_malformed', 'The body is not as long as Content-Length.');
    default:
      break;
  }
  // What breaks while the body is read comes with a 4xx of its own: the caller went away.
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return sendProblem(reply, 'request_malformed', 'The request could not be read.');
  }
  request.log.error({ requestId: request.id, error: chainOf(error) }, 'unexpected error');
  return sendProblem(reply, 'internal_error', 'Something unexpected happened on our side.');
}

const causesMax = 5;

/** An error with its causes, as the log keeps it. */
function chainOf(error: unknown): { name: string; message: string; stack?: string }[] {
  const chain: { name: string; message: string; stack?: string }[] = [];
  let current = error;
  while (current instanceof Error && chain.length < causesMax) {
    const { name, message, stack } = current;
    chain.push(stack === undefined ? { name, message } : { name, message, stack });
    current = current.cause;
  }
  // Something that is no error was thrown; only its type is safe to keep.
  return chain.length > 0 ? chain : [{ name: typeof error, message: 'not an Error' }];
}
