/**
 * Mounts a façade at the vendor's own paths on the server's root, and below `/compat/<name>/` for
 * clients that can keep a prefix. It is a scope of its own: bodies, errors and unknown paths are
 * read and answered in its vendor's way, and nothing of that reaches another door.
 */
import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { Facade, FacadeParts, FacadeRoute } from '#compat/facade.ts';
import { readBodies, UnreadableBody } from '#compat/read-bodies.ts';
import { refuseLate, usualRefusalMs } from '#compat/refuse-late.ts';
import { StorageUnavailable } from '#service/ports.ts';
import type { RequestFault } from '#service/request-fault.ts';
import { TooManySecrets } from '#service/secret-hash.ts';

export function mountFacade(
  facade: Facade,
  { service }: FacadeParts,
  refusalMs = usualRefusalMs,
): FastifyPluginAsync {
  const authenticateWith = refuseLate(service.authenticateWith, refusalMs);
  const routes = facade.routes({ service: { ...service, authenticateWith } });
  return async (app) => {
    for (const prefix of ['', `/compat/${facade.name}`]) {
      await app.register(async (scope) => mountBelow(scope, facade, routes), { prefix });
    }
  };
}

function mountBelow(scope: FastifyInstance, facade: Facade, routes: readonly FacadeRoute[]): void {
  readBodies(scope, facade.bodies);
  scope.decorateRequest('answerFault', facade.answerFault);
  for (const path of scope.prefix === '' ? facade.roots : [scope.prefix]) {
    scope.faultsByPath.set(`${path}/`, facade.answerFault);
  }
  scope.setErrorHandler<FastifyError>((error, request, reply) => {
    const fault = faultOf(error, request);
    // Fastify hangs up after a body that it does not take. One that is too large the client may
    // still be writing, and one that cannot be read was read to its end.
    if (fault.code === 'body_too_large' || error instanceof UnreadableBody) {
      reply.removeHeader('connection');
    }
    if (fault.code === 'storage_unavailable') reply.header('Retry-After', '2');
    return facade.answerFault(fault, reply);
  });
  // On the root what is unknown goes by what its path begins with.
  if (scope.prefix !== '') {
    scope.setNotFoundHandler((_request, reply) =>
      facade.answerFault({ code: 'route_not_found', detail: 'There is no such call.' }, reply),
    );
  }
  for (const { methods, paths, authenticate, handle } of routes) {
    for (const url of paths) {
      scope.route({
        method: [...methods],
        url,
        // A HEAD must change nothing (RFC 9110 section 9.2.1), and vendors have calls by GET that
        // send a message or spend a guess.
        exposeHeadRoute: false,
        ...(authenticate === undefined ? {} : { onRequest: authenticate }),
        handler: handle,
      });
    }
  }
  refuseOtherMethods(scope, facade, routes);
}

/** With `Allow` (RFC 9110 section 15.5.6), before anybody is authenticated or a body is read. */
function refuseOtherMethods(
  scope: FastifyInstance,
  facade: Facade,
  routes: readonly FacadeRoute[],
): void {
  for (const [url, methods] of methodsByPath(routes)) {
    const allow = [...methods, 'OPTIONS'].join(', ');
    scope.route({
      method: scope.supportedMethods.filter((method) => !methods.has(method)),
      url,
      onRequest(request, reply) {
        reply.header('Allow', allow);
        if (request.method === 'OPTIONS') {
          reply.code(204).send();
          return;
        }
        const detail = `This call has no ${request.method}. It has ${allow}.`;
        facade.answerFault({ code: 'method_not_allowed', detail }, reply);
      },
      // Never reached: the hook above has answered.
      handler: (_request, reply) => reply,
    });
  }
}

function methodsByPath(routes: readonly FacadeRoute[]): Map<string, Set<string>> {
  const byPath = new Map<string, Set<string>>();
  for (const { paths, methods } of routes) {
    for (const path of paths) {
      const all = byPath.get(path) ?? new Set<string>();
      for (const method of methods) all.add(method);
      byPath.set(path, all);
    }
  }
  return byPath;
}

/** Whatever is thrown behind a façade becomes one of the faults here, and only here. */
function faultOf(error: FastifyError, request: FastifyRequest): RequestFault {
  if (error instanceof UnreadableBody) return { code: 'request_malformed', detail: error.message };
  if (error instanceof TooManySecrets) {
    // Anybody can cause it, so it is no error, and told without a stack.
    request.log.warn({ requestId: request.id }, 'too many passwords at once');
    return { code: 'storage_unavailable', detail: error.message };
  }
  if (error instanceof StorageUnavailable) {
    request.log.error({ requestId: request.id, err: error }, 'storage unavailable');
    const detail = 'The storage cannot be reached now. Nothing was changed; try again.';
    return { code: 'storage_unavailable', detail };
  }
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE': {
      const { bodyLimit } = request.routeOptions;
      return { code: 'body_too_large', detail: `A body has at most ${bodyLimit} bytes.` };
    }
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { code: 'unsupported_media_type', detail: 'This Content-Type is not read here.' };
    default:
      break;
  }
  // What breaks while the body is read comes with a 4xx of its own: the caller went away.
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return { code: 'request_malformed', detail: 'The request could not be read.' };
  }
  request.log.error({ requestId: request.id, err: error }, 'unexpected error');
  return { code: 'internal_error', detail: 'Something unexpected happened on our side.' };
}
