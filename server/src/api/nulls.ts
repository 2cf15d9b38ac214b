import { withNull } from '#api/schemas/text.ts';

/**
 * `null` for an optional field means that it is not given. So a schema of a body is widened before
 * it is compiled, and described, to take `null` wherever a field may be absent, and what was taken
 * is dropped before a handler sees it. An unknown field stays unknown, whatever its value.
 */
export function acceptNulls(schema: object): Schema {
  const { properties, required, additionalProperties, items, anyOf } = schema as Schema;
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
  const changed: Record<string, unknown> = { ...schema };
  if (isSchema(properties)) {
    changed.properties = Object.fromEntries(
      Object.entries(properties).map(([name, field]) => {
        const inner = acceptNulls(field as Schema);
        return [name, isRequired(name) ? inner : withNull(inner)];
      }),
    );
  }
  if (isSchema(additionalProperties)) {
    changed.additionalProperties = withNull(acceptNulls(additionalProperties));
  }
  if (isSchema(items)) changed.items = acceptNulls(items);
  if (Array.isArray(anyOf)) changed.anyOf = anyOf.map((one) => acceptNulls(one as Schema));
  return changed;
}

/**
 * Takes the nulls out of a body that was found valid, which bounds its depth. Entries of lists are
 * left: no schema lets null stand in one.
 */
export function dropNulls(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const entry of value) dropNulls(entry);
    return;
  }
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (fields[name] === null) delete fields[name];
    else dropNulls(fields[name]);
  }
}

type Schema = { readonly [name: string]: unknown };

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
