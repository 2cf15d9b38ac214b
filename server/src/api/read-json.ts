import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';

/** The body is not a JSON text: malformed, not UTF-8, or not there at all. */
export class NotJson extends Error {
  override readonly name = 'NotJson';
}

/** Deeper than any schema here goes; what is below is refused by the schema anyway. */
const nullDepthMax = 12;

/**
 * The only reader of bodies: JSON in UTF-8 (RFC 8259 section 8.1). `null` for a field means "not
 * given", so such fields are taken out before anything looks at them, at every depth. A route whose
 * `null` says something of its own (`keepsNulls`) gets them.
 *
 * Names like `__proto__` need no care here: JSON.parse makes them plain own properties, objects
 * with fixed fields refuse them as unknown, and maps refuse them by their pattern of names.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request, body, done) => {
      if (body.length === 0) {
        done(null, undefined);
        return;
      }
      if (!isUtf8(body)) {
        done(new NotJson('The body is not UTF-8.'), undefined);
        return;
      }
      const text = body.toString('utf8');
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        // What JSON.parse says quotes the body, which may hold a code or a number.
        done(new NotJson('The body is not valid JSON.'), undefined);
        return;
      }
      if (text.includes('null') && request.routeOptions.config.keepsNulls !== true) {
        dropNulls(value, nullDepthMax);
      }
      done(null, value);
    },
  );
}

/** Entries of arrays stay: a list with a hole in it is not a shorter list. */
function dropNulls(value: unknown, depthLeft: number): void {
  if (typeof value !== 'object' || value === null || depthLeft === 0) return;
  if (Array.isArray(value)) {
    for (const entry of value) dropNulls(entry, depthLeft - 1);
    return;
  }
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (fields[name] === null) delete fields[name];
    else dropNulls(fields[name], depthLeft - 1);
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `null` is a value of this route's fields and does not mean "not given". */
    keepsNulls?: boolean;
  }
}
