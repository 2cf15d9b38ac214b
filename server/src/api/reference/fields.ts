import type { JsonObject } from '#api/openapi.ts';
import { html, type Markup, prose } from '#api/reference/markup.ts';

/** A schema of the description as a table: one row a field, inner fields with a dotted name. */

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
}

type Schemas = Readonly<Record<string, JsonObject>>;

/** Deeper than any schema here; the bound is against a schema that refers to itself. */
const depthMax = 6;

export function fieldTable(schema: JsonObject, schemas: Schemas): Markup | null {
  const rows = fieldRows(schema as Schema, schemas, '', depthMax);
  if (rows.length === 0) return null;
  return html`<table><thead><tr><th scope="col">Field</th><th scope="col">Type</th>
<th scope="col">Meaning</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** `null` is left out where a field is optional anyway: it says no more than its absence. */
export function typeInWords(input: JsonObject, schemas: Schemas, hidesNull = false): string {
  const schema = resolve(input as Schema, schemas);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) {
    const shown = schema.enum.filter((value) => value !== null || !hidesNull);
    return shown.map((value) => JSON.stringify(value)).join(', ');
  }
  if (schema.anyOf !== undefined) {
    const shown = schema.anyOf.filter(
      ({ type, const: only }) => only !== '' && (type !== 'null' || !hidesNull),
    );
    return shown.map((one) => typeInWords(one as JsonObject, schemas)).join(', or ');
  }
  const types = [schema.type ?? 'any'].flat().filter((type) => type !== 'null' || !hidesNull);
  return [types.join(' or '), ...boundsInWords(schema)].join(', ');
}

function fieldRows(input: Schema, schemas: Schemas, prefix: string, depthLeft: number): Markup[] {
  const schema = resolve(input, schemas);
  if (depthLeft === 0) return [];
  const rows: Markup[] = [];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const field = resolve(property, schemas);
    const isRequired = schema.required?.includes(name) === true;
    const { description = '' } = field;
    const type = typeInWords(field as JsonObject, schemas, !isRequired);
    rows.push(html`<tr><td><code>${prefix}${name}</code></td>
<td class="soft">${type}${isRequired ? null : ', optional'}</td>
<td>${prose(description)}</td></tr>`);
    rows.push(...innerRows(field, schemas, `${prefix}${name}`, depthLeft - 1));
  }
  return rows;
}

function innerRows(field: Schema, schemas: Schemas, path: string, depthLeft: number): Markup[] {
  if (field.properties !== undefined) return fieldRows(field, schemas, `${path}.`, depthLeft);
  if (field.items === undefined) return [];
  const entry = resolve(field.items, schemas);
  const inner = entry.anyOf?.find(({ properties }) => properties !== undefined) ?? entry;
  return fieldRows(inner, schemas, `${path}[].`, depthLeft);
}

function boundsInWords(schema: Schema): string[] {
  const { minimum, maximum, maxLength, maxItems, maxProperties } = schema;
  const words: string[] = [];
  if (minimum !== undefined && maximum !== undefined) words.push(`${minimum} to ${maximum}`);
  else if (minimum !== undefined) words.push(`at least ${minimum}`);
  if (maxLength !== undefined) words.push(`at most ${maxLength} characters`);
  if (maxItems !== undefined) words.push(`at most ${maxItems} entries`);
  if (maxProperties !== undefined) words.push(`at most ${maxProperties} entries`);
  return words;
}

function resolve(schema: Schema, schemas: Schemas): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : ((schemas[name] ?? {}) as Schema);
}
