import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { type ErrorCode, errorTable } from '#api/errors.ts';
import type { OpenapiDocument } from '#api/openapi.ts';
import { sendProblem } from '#api/problem.ts';
import { errorListPage, errorPage } from '#api/reference/error-pages.ts';
import { contentSecurityPolicy } from '#api/reference/layout.ts';
import { referencePage } from '#api/reference/reference-page.ts';

/** The pages at `/docs`: made from the description and the error table, without any file. */
export function createReferencePages(describe: () => OpenapiDocument): FastifyPluginAsync {
  let reference: string | null = null;
  return async (app) => {
    app.get('/docs', async (_request, reply) => {
      reference ??= referencePage(describe());
      return sendPage(reply, reference);
    });
    app.get('/docs/errors', async (_request, reply) => sendPage(reply, errorListPage()));
    app.get<{ Params: { code: string } }>('/docs/errors/:code', async (request, reply) => {
      const { code } = request.params;
      return isErrorCode(code)
        ? sendPage(reply, errorPage(code))
        : sendProblem(reply, 'route_not_found', 'There is no error code of this name.');
    });
  };
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply
    .header('Content-Security-Policy', contentSecurityPolicy)
    .type('text/html; charset=utf-8')
    .send(page);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}
