/**
 * Makes JSON schemas as TypeBox does and with its types, but without reading TypeBox: that is 373
 * modules and 0.1 s of computing for each start and each command. A test beside this file compares
 * both, so that a schema made here is one that TypeBox could have made.
 */
import type { TSchema, Type as TypeBox } from 'typebox';

/** What the schemas of this program are made of. */
export type SchemaWords =
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Partial'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown'
  | 'Unsafe';

type Schema = Readonly<Record<string, unknown>>;
type Fields = Readonly<Record<string, Schema>>;

/** Optional is no part of a JSON schema: the object around it reads it from here. */
const optionals = new WeakSet<Schema>();

function optional(schema: Schema): Schema {
  const marked = { ...schema };
  optionals.add(marked);
  return marked;
}

function object(fields: Fields, options?: Schema): Schema {
  const required = Object.keys(fields).filter((name) => !optionals.has(fields[name] ?? {}));
  const demands = required.length === 0 ? {} : { required };
  return { type: 'object', ...demands, properties: fields, ...options };
}

function partial({ required: _, properties, ...rest }: Schema, options?: Schema): Schema {
  const fields = Object.entries(properties as Fields);
  const loosened = fields.map(([name, field]) => [name, optional(field)]);
  return { ...rest, properties: Object.fromEntries(loosened), ...options };
}

/** Every text is a name where the names have no pattern. */
function record(names: Schema, values: Schema, options?: Schema): Schema {
  const pattern = String(names['pattern'] ?? '^.*$');
  return { type: 'object', patternProperties: { [pattern]: values }, ...options };
}

const words: Readonly<Record<SchemaWords, unknown>> = {
  Array: (items: Schema, options?: Schema) => ({ type: 'array', items, ...options }),
  Boolean: (options?: Schema) => ({ type: 'boolean', ...options }),
  Enum: (values: readonly string[], options?: Schema) => ({ enum: values, ...options }),
  Integer: (options?: Schema) => ({ type: 'integer', ...options }),
  Literal: (value: string, options?: Schema) => ({ type: typeof value, const: value, ...options }),
  Number: (options?: Schema) => ({ type: 'number', ...options }),
  Object: object,
  Optional: optional,
  Partial: partial,
  Record: record,
  String: (options?: Schema) => ({ type: 'string', ...options }),
  Union: (anyOf: readonly Schema[], options?: Schema) => ({ anyOf, ...options }),
  Unknown: (options?: Schema) => ({ ...options }),
  Unsafe: (schema: TSchema) => ({ ...schema }),
};

export const Type = words as Pick<typeof TypeBox, SchemaWords>;
