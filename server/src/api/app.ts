import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  LogController,
} from 'fastify';
import { addAnswerHooks } from '#api/answer-hooks.ts';
import { createAuthenticate } from '#api/authenticate.ts';
import { answerUnreadablePath, catchErrors } from '#api/catch-errors.ts';
import { compileLate, once } from '#api/compile-late.ts';
import { boundServer, connectionBounds } from '#api/connection-bounds.ts';
import { createMetrics } from '#api/metrics.ts';
import { describeApi } from '#api/openapi.ts';
import { readJsonBodies } from '#api/read-json.ts';
import { createReferencePages } from '#api/reference/pages.ts';
import { refuseOtherMethods } from '#api/refuse-method.ts';
import type { RequestLog } from '#api/request-log.ts';
import { type ApiContext, mountRoutes } from '#api/route.ts';
import { apiRoutes, sandboxRoutes } from '#api/routes/index.ts';
import { schemaOptions } from '#api/schema-options.ts';
import type { KafkaView } from '#service/kafka-port.ts';
import { makeId } from '#service/make-id.ts';
import type { Sandbox } from '#service/sandbox.ts';
import type { Service } from '#service/service.ts';

export interface AppOptions {
  readonly service: Service;
  /** Null in production: the sandbox calls are then not there at all. */
  readonly sandbox: Sandbox | null;
  /** What is known of Kafka; null, as without it, where the server takes nothing from it. */
  readonly kafka?: KafkaView | null;
  /** Without a slash at its end. */
  readonly publicUrl: string;
  /** Proxies in front, for the client's address; what they did not write is never believed. */
  readonly trustedHops: number;
  readonly logger: FastifyBaseLogger;
  /** Writes the line of each request; the logger does where nobody writes it faster. */
  readonly logRequest?: RequestLog;
  readonly version: string;
  /** Other doors on the same port: façades, the virtual phone. Each brings its own parsers. */
  readonly plugins?: readonly FastifyPluginAsync[];
}

/** The HTTP server, not listening yet. Nothing in it remembers anything between two requests. */
export function createApp(options: AppOptions): FastifyInstance {
  const { service, sandbox, publicUrl, version, logger } = options;
  const app = fastify({
    ...connectionBounds(publicUrl),
    loggerInstance: logger,
    // One line of our own per request instead of two, see `answer-hooks.ts`.
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger for each request costs more than writing the id into that one line.
    childLoggerFactory: (logger) => logger,
    // Ours alone: an id that a caller chooses could be anybody's, or forge a line in a log.
    genReqId: () => makeId('req'),
    trustProxy: trustHops(options.trustedHops),
    // While closing, what is in flight is finished and idle connections go.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    frameworkErrors: answerUnreadablePath,
    schemaController: compileLate(),
    ajv: { customOptions: schemaOptions },
  });
  boundServer(app.server);
  app.decorate('publicUrl', publicUrl);
  app.decorate('faultsByPath', new Map());
  app.decorateRequest('caller', null);
  addAnswerHooks(app, options.logRequest ?? ((line) => logger.info(line, 'request')));
  catchErrors(app);
  readJsonBodies(app);

  const routes = sandbox === null ? apiRoutes : [...apiRoutes, ...sandboxRoutes];
  const description = once(() => describeApi(routes, { publicUrl, version }));
  const openapi = once(() => JSON.stringify(description(), null, 2));
  const { kafka = null } = options;
  const metrics = createMetrics({ kafka, version });
  const context: ApiContext = { service, sandbox, kafka, version, openapi, metrics };
  mountRoutes(app, routes, context, createAuthenticate(service));
  refuseOtherMethods(app, routes);
  app.register(createReferencePages(description));
  for (const plugin of options.plugins ?? []) app.register(plugin);
  return app;
}

/**
 * The address that is this many hops away, counted from the socket; what stands further left in
 * X-Forwarded-For was written by anybody (security.md, D-04).
 */
function trustHops(count: number): false | ((address: string, hop: number) => boolean) {
  return count === 0 ? false : (_address, hop) => hop < count;
}
