import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';

/** The body is not a JSON text: malformed, not UTF-8, or not there at all. */
export class NotJson extends Error {
  override readonly name = 'NotJson';
}

/** Deeper than any schema here goes; what is below is refused by the schema anyway. */
const depthMax = 12;

/**
 * The only reader of bodies: JSON in UTF-8 (RFC 8259 section 8.1).
 *
 * Names like `__proto__` need no care here: JSON.parse makes them plain own properties, objects
 * with fixed fields refuse them as unknown, and maps refuse them by their pattern of names.
 */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (_request, body, done) => {
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
      if (text.includes('\\u') && holdsHalfPair(value)) {
        done(new NotJson('The body holds half of a surrogate pair.'), undefined);
        return;
      }
      done(null, value);
    },
  );
}

/**
 * Half a pair can be written as an escape only, stands for no character (RFC 7493 section 2.1) and
 * comes back from UTF-8 as another one: what is kept would not be what was sent.
 */
export function holdsHalfPair(value: unknown, depthLeft = depthMax): boolean {
  if (typeof value === 'string') return !value.isWellFormed();
  if (typeof value !== 'object' || value === null || depthLeft === 0) return false;
  return Object.entries(value).some(
    ([name, inner]) => !name.isWellFormed() || holdsHalfPair(inner, depthLeft - 1),
  );
}
