import { createRequire } from 'node:module';
import type { FastifyServerOptions } from 'fastify';

type SchemaController = NonNullable<FastifyServerOptions['schemaController']>;

/** What a schema becomes: a check that leaves what is wrong in `errors`, or a writer of JSON. */
export interface Compiled {
  (data: unknown): unknown;
  errors?: unknown;
}
type Compile = (route: SchemaOfRoute) => Compiled;
type MakeCompiler = (sharedSchemas: unknown, options: unknown) => Compile;

interface SchemaOfRoute {
  readonly schema: object;
  readonly httpPart?: string;
}

/**
 * Fastify's own compilers of schemas (Ajv, fast-json-stringify), but each schema is compiled when a
 * request first needs it. Compiling all of them was a tenth of a start's computing, most of it for
 * calls that come later or never; the first request of a route takes some milliseconds more.
 */
export function compileLate(): SchemaController {
  const factories = {
    buildValidator: late(() => loadCompiler('@fastify/ajv-compiler')),
    buildSerializer: late(() => loadCompiler('@fastify/fast-json-stringify-compiler')),
  };
  return { compilersFactory: factories as object };
}

/** One schema, compiled as Fastify's are, for fields that do not come through Fastify. */
export function compileCheck(schema: object, customOptions: object): Compiled {
  return late(() => loadCompiler('@fastify/ajv-compiler'))({}, { customOptions })({ schema });
}

/** They are Fastify's dependencies: looked for from there, they are those that it would load. */
function loadCompiler(name: string): MakeCompiler {
  return createRequire(createRequire(import.meta.url).resolve('fastify'))(name)();
}

function late(loadCompiler: () => MakeCompiler): MakeCompiler {
  return (sharedSchemas, options) => {
    const compiler = once(() => loadCompiler()(sharedSchemas, options));
    return (route) => {
      const compiled = once(() => compiler()(route));
      const mayBeEmpty = route.httpPart === 'querystring' && takesNothing(route.schema);
      const runLate: Compiled = (data) => {
        // The query of nearly every request: what demands nothing takes what holds nothing. The
        // first probe after a start then needs no Ajv, a tenth of the time until it is answered.
        if (mayBeEmpty && isEmpty(data)) return true;
        const run = compiled();
        const result = run(data);
        runLate.errors = run.errors;
        return result;
      };
      return runLate;
    };
  };
}

/** What demands nothing of an object without properties; any other keyword is left to Ajv. */
const undemanding = new Set(['type', 'properties', 'additionalProperties', 'description']);

function takesNothing(schema: object): boolean {
  const keywords = Object.entries(schema);
  return keywords.every(
    ([name, value]) => undemanding.has(name) && (name !== 'type' || value === 'object'),
  );
}

function isEmpty(data: unknown): boolean {
  for (const _ in data as object) return false;
  return true;
}

/** Made when first asked for, so that it costs no start anything. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
