import { type Static, type TSchema, Type } from 'typebox';

/**
 * Building blocks of the schemas. Patterns keep to what JavaScript, Python and Java read alike, so
 * that clients and fuzzers can use them as they stand in `openapi.json`.
 */

export interface TextOptions {
  readonly description: string;
  readonly examples?: readonly string[];
}

// No control characters (C0, DEL, C1), line or paragraph separators: no storage, log or header can
// be broken by what is left.
export const onOneLine = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$';

/** One line of text, at least one character. */
export function line(maxLength: number, options: TextOptions) {
  return Type.String({ minLength: 1, maxLength, pattern: onOneLine, ...options });
}

/** Text that another layer reads with rules of its own. */
export function anyText(maxLength: number, options: TextOptions) {
  return Type.String({ maxLength, ...options });
}

/** `description` must say the pattern in words: it is what a refused caller reads. */
export function shaped(pattern: string, maxLength: number, options: TextOptions) {
  return Type.String({ maxLength, pattern, ...options });
}

/** One of a fixed list. The record makes the compiler ask for every name of the union. */
export function oneOf<Name extends string>(names: Record<Name, true>, description: string) {
  return Type.Unsafe<Name>({ type: 'string', enum: Object.keys(names), description });
}

/** A value that may be null. `type` with two names costs nothing where `anyOf` is tried out. */
export function orNull<Schema extends TSchema>(schema: Schema) {
  return Type.Unsafe<Static<Schema> | null>(withNull(schema));
}

/** The same schema with null as one more value. */
export function withNull(schema: object): { readonly [name: string]: unknown } {
  const { type, anyOf, enum: names } = schema as Readonly<Record<string, unknown>>;
  if (Array.isArray(anyOf)) return { ...schema, anyOf: [...anyOf, { type: 'null' }] };
  const types = [type].flat();
  if (types.includes('null')) return { ...schema };
  const choices = Array.isArray(names) ? { enum: [...names, null] } : {};
  return { ...schema, ...choices, type: [...types, 'null'] };
}

/** Names to one kind of value. `__proto__` is no name: as a key it means something else. */
export function mapOf<Schema extends TSchema>(
  values: Schema,
  names: { readonly pattern: string; readonly inWords: string },
  options: { readonly maxProperties: number; readonly description: string },
) {
  return Type.Unsafe<Readonly<Record<string, Static<Schema>>>>({
    type: 'object',
    propertyNames: { pattern: names.pattern, description: names.inWords },
    additionalProperties: values,
    ...options,
  });
}

/** An object that has these fields and no others. */
export function exactly<Fields extends Record<string, TSchema>>(
  fields: Fields,
  options: { readonly description?: string; readonly examples?: readonly object[] } = {},
) {
  return Type.Object(fields, { additionalProperties: false, ...options });
}

export function moment(description: string) {
  return Type.String({ format: 'date-time', description, examples: ['2026-03-01T09:30:00.000Z'] });
}

/** For calls without parameters: a misspelt one must not be taken for one that worked. */
export const noQuery = exactly({});

/**
 * A number typed into an address without encoding has lost its plus, which means a blank there.
 * No recipient begins with a blank and a digit, so the plus can be put back.
 */
export function readPlus<Query extends { readonly recipient?: string }>(query: Query) {
  const { recipient } = query;
  return recipient === undefined ? {} : { recipient: recipient.replace(/^ (?=[0-9])/, '+') };
}
