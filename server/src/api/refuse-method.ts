import type { FastifyInstance } from 'fastify';
import { sendProblem } from '#api/problem.ts';
import { fastifyPath, type Route } from '#api/route.ts';

/**
 * 405 with `Allow` for every method that a path does not have (RFC 9110 section 15.5.6), and an
 * answer to OPTIONS that says the same. It comes before authentication and before any body is read.
 * There are no CORS headers: an API key has no place in a browser.
 */
export function refuseOtherMethods(app: FastifyInstance, routes: readonly Route[]): void {
  for (const [path, methods] of methodsByPath(routes)) {
    const allow = [...methods, 'OPTIONS'].join(', ');
    app.route({
      method: app.supportedMethods.filter((method) => !methods.has(method)),
      url: fastifyPath(path),
      onRequest(request, reply) {
        reply.header('Allow', allow);
        if (request.method === 'OPTIONS') {
          reply.code(204).send();
          return;
        }
        const detail = `This path has no ${request.method}. It has ${allow}.`;
        sendProblem(reply, 'method_not_allowed', detail);
      },
      // Never reached: the hook above has answered.
      handler: (_request, reply) => reply,
    });
  }
}

function methodsByPath(routes: readonly Route[]): Map<string, Set<string>> {
  const byPath = new Map<string, Set<string>>();
  for (const { path, method } of routes) {
    const methods = byPath.get(path) ?? new Set<string>();
    methods.add(method);
    if (method === 'GET') methods.add('HEAD');
    byPath.set(path, methods);
  }
  return byPath;
}
