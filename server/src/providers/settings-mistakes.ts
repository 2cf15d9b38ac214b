import type { TSchema } from 'typebox';
import Value from 'typebox/value';

/**
 * Checks a settings object against its schema and tells each mistake as a sentence that names the
 * key. `subject` begins every sentence, for example `The provider "mail"`.
 */
export function settingsMistakes(schema: TSchema, value: unknown, subject: string): string[] {
  const errors = Value.Errors(schema, value);
  // What is wrong inside an alternative is noise once no alternative fits.
  const chosen = errors.filter((error) => !error.schemaPath.includes('/anyOf/'));
  return [...new Set(chosen.flatMap((error) => sentencesOf(error, schema, subject)))];
}

type SettingsError = ReturnType<typeof Value.Errors>[number];

function sentencesOf(error: SettingsError, schema: TSchema, subject: string): string[] {
  const key = keyOf(error.instancePath);
  switch (error.keyword) {
    case 'boolean':
      return []; // told by additionalProperties as well, with the names
    case 'additionalProperties': {
      const known = Object.keys(recordAt(schemaAt(schema, error.schemaPath)['properties']));
      const listed = known.length === 0 ? '' : ` Known are: ${known.join(', ')}.`;
      return error.params.additionalProperties.map(
        (name) => `${subject}: "${shown(joined(key, name))}" is not known.${listed}`,
      );
    }
    case 'required':
      return error.params.requiredProperties.map(
        (name) => `${subject}: "${joined(key, name)}" is missing.`,
      );
    case 'enum': {
      const allowed = error.params.allowedValues.map((one) => JSON.stringify(one)).join(', ');
      return [`${subject}: "${shown(key)}" must be one of ${allowed}.`];
    }
    default: {
      // A schema with a description says better what it wants than its pattern does.
      const description = schemaAt(schema, error.schemaPath)['description'];
      const wanted = typeof description === 'string' ? `must be ${description}` : error.message;
      const place = key === '' ? 'it' : `"${shown(key)}"`;
      return [`${subject}: ${place} ${wanted}.`];
    }
  }
}

/** `/body/content/0` as `body.content.0`. */
function keyOf(pointer: string): string {
  return pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
}

function joined(key: string, name: string): string {
  return key === '' ? name : `${key}.${name}`;
}

function shown(key: string): string {
  return key.slice(0, 100).replace(/[^\x20-\x7e]/g, '?');
}

function schemaAt(schema: TSchema, path: string): Readonly<Record<string, unknown>> {
  let current: unknown = schema;
  for (const step of path.split('/').slice(1)) current = recordAt(current)[step];
  return recordAt(current);
}

function recordAt(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
