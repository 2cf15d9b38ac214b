import { createRequire } from 'node:module';
import type { FastifyServerOptions } from 'fastify';

type SchemaController = NonNullable<FastifyServerOptions['schemaController']>;

/** What a schema becomes: a check that leaves what is wrong in `errors`, or a writer of JSON. */
interface Compiled {
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
  // They are Fastify's dependencies: looked for from there, they are those that it would load.
  const load = createRequire(createRequire(import.meta.url).resolve('fastify'));
  const factories = {
    buildValidator: late(() => load('@fastify/ajv-compiler')()),
    buildSerializer: late(() => load('@fastify/fast-json-stringify-compiler')()),
  };
  return { compilersFactory: factories as object };
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
