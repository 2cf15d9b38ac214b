import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  HookHandlerDoneFunction,
  preValidationHookHandler,
} from 'fastify';
import type { Static, TObject, TSchema } from 'typebox';
import type { ErrorCode } from '#api/errors.ts';
import { checkIdempotencyKey } from '#api/idempotency-key.ts';
import type { MetricsText } from '#api/metrics.ts';
import { acceptNulls, dropNulls } from '#api/nulls.ts';
import type { KafkaView } from '#service/kafka-port.ts';
import type { Sandbox } from '#service/sandbox.ts';
import type { Service } from '#service/service.ts';

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type RouteTag =
  | 'verifications'
  | 'messages'
  | 'application'
  | 'templates'
  | 'about'
  | 'sandbox';

/** What a route may use. `sandbox` routes are mounted only where there is one. */
export interface ApiContext {
  readonly service: Service;
  readonly sandbox: Sandbox | null;
  readonly kafka: KafkaView | null;
  readonly version: string;
  /** The description of all mounted calls, as JSON text. */
  readonly openapi: () => string;
  readonly metrics: () => Promise<MetricsText>;
}

/**
 * One endpoint. Its schemas check what comes in, give the handler its types, trim what goes out and
 * are the documentation; nothing about an endpoint is written down anywhere else.
 */
export interface RouteDefinition<
  Body extends TSchema = TSchema,
  Query extends TSchema = TSchema,
  Answer extends TSchema = TSchema,
  Parameter extends string = string,
> {
  readonly method: RouteMethod;
  /** With parameters in braces, as OpenAPI writes them. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: RouteTag;
  readonly summary: string;
  readonly description: string;
  /** `open` needs no API key. */
  readonly access: 'application' | 'open';
  readonly pathParameters?: Readonly<Record<Parameter, TSchema>>;
  readonly query?: Query;
  readonly body?: Body;
  /** No body at all means one without fields. */
  readonly isBodyOptional?: boolean;
  readonly bodyBytesMax?: number;
  /** `null` is a value here instead of "not given". */
  readonly keepsNulls?: boolean;
  readonly takesIdempotencyKey?: boolean;
  readonly answer: {
    readonly status: 200 | 201 | 204;
    readonly description: string;
    readonly schema?: Answer;
    /** JSON where it is absent. */
    readonly mediaType?: string;
    readonly example?: unknown;
  };
  /** What this call may turn down, beyond what follows from the fields above. */
  readonly refusals: readonly ErrorCode[];
  readonly bodyExample?: object;
  /** Calls that go on with the `id` of the answer. */
  readonly leadsTo?: readonly string[];
  handle(
    context: ApiContext,
    request: FastifyRequest<{
      Body: Static<Body>;
      Querystring: Static<Query>;
      Params: Record<Parameter, string>;
    }>,
    reply: FastifyReply,
  ): Promise<Static<Answer> | FastifyReply>;
}

/** Any route, whatever its schemas: what the lists and the documentation look at. */
export type Route = RouteDefinition;

/** Infers the types of the handler from the schemas. */
export function defineRoute<
  Body extends TSchema,
  Query extends TSchema,
  Answer extends TSchema,
  Parameter extends string,
>(definition: RouteDefinition<Body, Query, Answer, Parameter>): Route {
  return definition as unknown as Route;
}

/** Mounts routes and, for each path, the refusal of every method that it does not have. */
export function mountRoutes(
  app: FastifyInstance,
  routes: readonly Route[],
  context: ApiContext,
  authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<void>,
): void {
  for (const route of routes) {
    app.route({
      method: route.method,
      url: fastifyPath(route.path),
      ...(route.bodyBytesMax === undefined ? {} : { bodyLimit: route.bodyBytesMax }),
      schema: schemaOf(route),
      onRequest: [
        ...(route.access === 'application' ? [authenticate] : []),
        ...(route.takesIdempotencyKey === true ? [checkIdempotencyKey] : []),
      ],
      preValidation: preValidationOf(route),
      preHandler: takesNulls(route) ? [dropBodyNulls] : [],
      handler: (request, reply) => route.handle(context, request as never, reply),
    });
  }
}

export function fastifyPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function schemaOf(route: Route): object {
  return {
    ...(route.body === undefined ? {} : { body: bodySchemaOf(route, route.body) }),
    ...(route.query === undefined ? {} : { querystring: route.query }),
    ...(route.answer.schema === undefined
      ? {}
      : { response: { [route.answer.status]: route.answer.schema } }),
  };
}

function preValidationOf(route: Route): preValidationHookHandler[] {
  return [
    ...(hasParameters(route.query) ? [createReadQuery(route.query)] : []),
    ...(route.isBodyOptional === true ? [fillMissingBody] : []),
  ];
}

function bodySchemaOf(route: Route, body: TSchema): object {
  return takesNulls(route) ? acceptNulls(body) : body;
}

function takesNulls(route: Route): boolean {
  return route.body !== undefined && route.keepsNulls !== true;
}

function dropBodyNulls(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  dropNulls(request.body);
  done();
}

function fillMissingBody(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: HookHandlerDoneFunction,
): void {
  if (request.body === undefined) request.body = {};
  done();
}

/**
 * Queries are text. A text without a value means "not given", as `null` does in a body, and a plain
 * decimal number becomes one; everything else is left for the schema to refuse.
 */
function createReadQuery(schema: TObject): preValidationHookHandler {
  const isInteger = (name: string) =>
    (schema.properties[name] as { type?: unknown } | undefined)?.type === 'integer';
  const names = Object.keys(schema.properties);
  const integers = names.filter(isInteger);
  const texts = names.filter((name) => !isInteger(name));
  return function readQuery(request, _reply, done) {
    const query = request.query as Record<string, unknown>;
    for (const name of texts) if (query[name] === '') delete query[name];
    for (const name of integers) {
      const value = query[name];
      if (typeof value === 'string' && /^-?[0-9]{1,9}$/.test(value)) query[name] = Number(value);
    }
    done();
  };
}

function hasParameters(query: TSchema | undefined): query is TObject {
  return query !== undefined && Object.keys((query as TObject).properties).length > 0;
}
