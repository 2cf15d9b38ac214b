import type { FastifyReply } from 'fastify';
import { type ErrorCode, errorTable, errorTypeUrl } from '#api/errors.ts';
import type { NamedLimit, Refusal } from '#domain/refusal.ts';

/** A field that is wrong: a JSON pointer (RFC 6901) into the body, or into the query of a GET. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** The body of every error (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly limit?: NamedLimit;
  readonly requestId: string;
}

export interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  readonly limit?: NamedLimit | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly status?: number;
}

export const problemMediaType = 'application/problem+json';

export function makeProblem(
  context: { readonly publicUrl: string; readonly requestId: string },
  code: ErrorCode,
  detail: string,
  options: ProblemOptions = {},
): Problem {
  const row = errorTable[code];
  return {
    type: errorTypeUrl(context.publicUrl, code),
    title: row.title,
    status: options.status ?? row.status,
    code,
    detail,
    errors: options.errors ?? [],
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    requestId: context.requestId,
  };
}

/** Answers with an error of the table. Headers that go with its status are set here too. */
export function sendProblem(
  reply: FastifyReply,
  code: ErrorCode,
  detail: string,
  options: ProblemOptions = {},
): FastifyReply {
  const { publicUrl } = reply.server;
  const problem = makeProblem({ publicUrl, requestId: reply.request.id }, code, detail, options);
  const waitSeconds = options.retryAfterSeconds ?? errorTable[code].retryAfterSeconds;
  if (waitSeconds !== undefined) {
    reply.header('Retry-After', String(Math.max(1, Math.ceil(waitSeconds))));
  }
  // As text, so that no answer schema of the route is applied to it.
  return reply.code(problem.status).type(problemMediaType).send(JSON.stringify(problem));
}

/** Answers with what the service turned down. */
export function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { code, detail, pointer, limit, retryAfterSeconds } = refusal;
  const row = errorTable[code];
  return sendProblem(reply, code, detail, {
    errors: pointer === undefined ? [] : [{ pointer, detail }],
    status: pointer === undefined ? row.status : (row.statusOfField ?? row.status),
    limit,
    retryAfterSeconds,
  });
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Absolute URLs in answers begin with it; never with what the Host header says. */
    publicUrl: string;
  }
}
