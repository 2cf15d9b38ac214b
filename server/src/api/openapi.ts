/**
 * The OpenAPI 3.1 description, made from the same route definitions that are mounted. It is our own
 * page of code and not a plugin's, because it knows three things that a plugin cannot: which codes
 * of the error table a call answers, that `null` means "not given", and which calls go on from
 * an answer.
 */
import { type ErrorCode, errorTable } from '#api/errors.ts';
import { acceptNulls } from '#api/nulls.ts';
import { problemMediaType } from '#api/problem.ts';
import type { Route } from '#api/route.ts';
import { application } from '#api/schemas/application.ts';
import { message } from '#api/schemas/message.ts';
import { problem } from '#api/schemas/problem.ts';
import { template } from '#api/schemas/template.ts';
import { verdict, verification, verificationWithHistory } from '#api/schemas/verification.ts';

export type JsonObject = { readonly [name: string]: unknown };

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security?: readonly JsonObject[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: MediaTypes };
  readonly responses: Readonly<Record<string, Response | Reference>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonObject;
}

export interface Response {
  readonly description: string;
  readonly headers: JsonObject;
  readonly content?: MediaTypes;
  readonly links?: JsonObject;
}

export interface Reference {
  readonly $ref: string;
}

type MediaTypes = Readonly<Record<string, { readonly schema: JsonObject; example?: unknown }>>;

export interface OpenapiDocument {
  readonly openapi: '3.1.0';
  readonly info: JsonObject;
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly security: readonly JsonObject[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly securitySchemes: JsonObject;
    readonly headers: JsonObject;
    readonly responses: Readonly<Record<string, Response>>;
    readonly schemas: Readonly<Record<string, JsonObject>>;
  };
}

const tags: Record<Route['tag'], string> = {
  verifications: 'Prove that a person holds a phone number or an e-mail address.',
  messages: 'Texts of the caller’s own, which prove nothing.',
  application: 'The settings that requests fall back on.',
  templates: 'Named texts, by channel, language and number prefix.',
  about: 'What needs no API key.',
  sandbox: 'The virtual phone and the clock of a development server. Production has none of these.',
};

/** Schemas that clients meet by name. */
const named: Readonly<Record<string, object>> = {
  Problem: problem,
  Verification: verification,
  VerificationWithHistory: verificationWithHistory,
  Verdict: verdict,
  Message: message,
  Application: application,
  Template: template,
};
const nameOf = new Map(
  Object.entries(named).map(([name, schema]) => [JSON.stringify(schema), name]),
);

export function describeApi(
  routes: readonly Route[],
  about: { readonly publicUrl: string; readonly version: string },
): OpenapiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const method = route.method.toLowerCase();
    paths[route.path] = { ...paths[route.path], [method]: describeRoute(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Watchword',
      version: about.version,
      description:
        'The verification service you run yourself. JSON in and out, times in ISO 8601 and UTC. ' +
        'In a request, null for an optional field means that it is not given, and an unknown ' +
        'field is refused.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: about.publicUrl }],
    tags: Object.entries(tags)
      .filter(([name]) => routes.some(({ tag }) => tag === name))
      .map(([name, description]) => ({ name, description })),
    security: [{ apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, wk_…' },
      },
      headers: sharedHeaders,
      responses: sharedErrors(routes),
      schemas: Object.fromEntries(
        Object.entries(named).map(([name, schema]) => [name, referInside(schema)]),
      ),
    },
  };
}

const sharedHeaders = {
  'Request-Id': {
    description: 'Names this request in the log.',
    required: true,
    schema: { type: 'string', pattern: '^req_[0-9a-hjkmnp-tv-z]{37}$' },
  },
  'Idempotent-Replayed': {
    description: 'True when this is an earlier answer again and nothing was done.',
    schema: { type: 'string', enum: ['true'] },
  },
  'Retry-After': {
    description: 'Whole seconds to wait before trying again.',
    schema: { type: 'string', pattern: '^[1-9][0-9]*$' },
  },
  'WWW-Authenticate': { description: 'The scheme.', schema: { type: 'string' } },
};

function headers(...names: (keyof typeof sharedHeaders)[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function describeRoute(route: Route): Operation {
  const parameters = describeParameters(route);
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: route.description,
    ...(route.access === 'open' ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: describeBody(route, route.body) }),
    responses: { ...describeAnswer(route), ...describeErrors(route) },
  };
}

function describeParameters(route: Route): Parameter[] {
  const parameters: Parameter[] = [];
  for (const [name, schema] of Object.entries(route.pathParameters ?? {})) {
    parameters.push(parameter(name, 'path', true, schema));
  }
  const { properties = {} } = (route.query ?? {}) as { properties?: Record<string, object> };
  for (const [name, schema] of Object.entries(properties)) {
    parameters.push(parameter(name, 'query', false, orEmpty(schema)));
  }
  if (route.takesIdempotencyKey === true) {
    parameters.push(parameter('Idempotency-Key', 'header', false, idempotencyKey));
  }
  return parameters;
}

/** What the reader of queries does, as a schema: a text without a value is not given. */
function orEmpty(schema: object): object {
  const { description, ...rest } = schema as JsonObject;
  return rest.type === 'integer' ? schema : { description, anyOf: [rest, { const: '' }] };
}

const idempotencyKey = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  pattern: '^[!-~]{1,255}$',
  description:
    'Makes the call repeatable for 24 hours: the same key and body answer the same again and do ' +
    'nothing.',
};

function parameter(
  name: string,
  place: Parameter['in'],
  required: boolean,
  schema: object,
): Parameter {
  const { description = '', ...rest } = plain(schema) as JsonObject & { description?: string };
  return { name, in: place, required, description, schema: rest };
}

function describeBody(route: Route, body: object): NonNullable<Operation['requestBody']> {
  const schema = plain(route.keepsNulls === true ? body : acceptNulls(body));
  const example = route.bodyExample === undefined ? {} : { example: route.bodyExample };
  return {
    required: route.isBodyOptional !== true,
    content: { 'application/json': { schema, ...example } },
  };
}

function describeAnswer({ answer, takesIdempotencyKey, leadsTo }: Route): Record<string, Response> {
  const link = (operationId: string) => ({ operationId, parameters: { id: '$response.body#/id' } });
  const replayed = takesIdempotencyKey === true ? headers('Idempotent-Replayed') : {};
  return {
    [answer.status]: {
      description: answer.description,
      headers: { ...headers('Request-Id'), ...replayed },
      ...(answer.schema === undefined
        ? {}
        : {
            content: { [answer.mediaType ?? 'application/json']: { schema: refer(answer.schema) } },
          }),
      ...(leadsTo === undefined
        ? {}
        : { links: Object.fromEntries(leadsTo.map((name) => [name, link(name)])) }),
    },
  };
}

/** A status that has one code is the same in every call, and described once under that code. */
function describeErrors(route: Route): Record<string, Response | Reference> {
  const responses: Record<string, Response | Reference> = {};
  for (const [status, codes] of errorsByStatus(route)) {
    const [code, ...others] = codes;
    const isShared = code !== undefined && others.length === 0;
    responses[status] = isShared
      ? { $ref: `#/components/responses/${code}` }
      : describeError(status, codes);
  }
  return responses;
}

function sharedErrors(routes: readonly Route[]): Record<string, Response> {
  const shared: Record<string, Response> = {};
  for (const [status, codes] of routes.flatMap(errorsByStatus)) {
    const [code] = codes;
    if (code !== undefined && codes.length === 1) shared[code] = describeError(status, codes);
  }
  return shared;
}

function describeError(status: number, codes: readonly ErrorCode[]): Response {
  return {
    description: codes.map((code) => errorTable[code].title).join('; '),
    headers: {
      ...headers('Request-Id'),
      ...(status === 429 || status === 503 ? headers('Retry-After') : {}),
      ...(status === 401 ? headers('WWW-Authenticate') : {}),
    },
    content: {
      [problemMediaType]: {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }],
          properties: { status: { const: status }, code: { enum: codes } },
        },
      },
    },
  };
}

/** In the order of the statuses. A code that has two is under the one that the call gives it. */
function errorsByStatus(route: Route): [number, ErrorCode[]][] {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorCodesOf(route)) {
    const row = errorTable[code];
    const status = route.body === undefined ? row.status : (row.statusOfField ?? row.status);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return [...byStatus].sort(([left], [right]) => left - right);
}

/** What a route says itself, and what follows from what it takes. */
export function errorCodesOf(route: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>(route.refusals);
  if (route.access === 'application') codes.add('unauthenticated');
  if (route.pathParameters !== undefined) codes.add('route_not_found');
  if (route.query !== undefined) codes.add('request_invalid');
  if (route.body !== undefined) {
    for (const code of bodyErrors) codes.add(code);
  }
  if (route.takesIdempotencyKey === true) {
    for (const code of keyErrors) codes.add(code);
  }
  if (route.path !== '/healthz' && route.path !== '/v1/openapi.json') {
    codes.add('storage_unavailable');
  }
  return [...codes];
}

const bodyErrors = [
  'not_json',
  'body_too_large',
  'unsupported_media_type',
  'request_invalid',
] as const;
const keyErrors = [
  'idempotency_key_invalid',
  'idempotency_key_in_use',
  'idempotency_key_reused',
] as const;

/** A schema as plain data, without what TypeBox keeps beside it. */
function plain(schema: object): JsonObject {
  return JSON.parse(JSON.stringify(schema)) as JsonObject;
}

function refer(schema: object): JsonObject {
  const name = nameOf.get(JSON.stringify(schema));
  return name === undefined ? referInside(schema) : { $ref: `#/components/schemas/${name}` };
}

function referInside(schema: object): JsonObject {
  const entries = Object.entries(plain(schema)).map(([name, value]) => [name, referValue(value)]);
  return Object.fromEntries(entries) as JsonObject;
}

function referValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(referValue);
  return typeof value === 'object' && value !== null ? refer(value) : value;
}
