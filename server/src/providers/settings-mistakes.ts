import type { TSchema } from 'typebox';
import Value from 'typebox/value';

/**
 * Checks a settings object against its schema and tells each mistake as a sentence that names the
 * key. `subject` begins every sentence, for example `The provider "mail"`.
 */
export function settingsMistakes(schema: TSchema, value: unknown, subject: string): string[] {
  // The library stops at eight errors; the ninth mistake is told at the next start.
  const errors = Value.Errors(schema, value).map(asWhole);
  return [...new Set(errors.flatMap((error) => sentencesOf(error, schema, subject)))];
}

type SettingsError = ReturnType<typeof Value.Errors>[number];

/** What is wrong inside an alternative is noise: all that counts is that no alternative fits. */
function asWhole(error: SettingsError): SettingsError {
  const at = error.schemaPath.indexOf('/anyOf/');
  if (at < 0) return error;
  const schemaPath = error.schemaPath.slice(0, at);
  const steps = schemaPath.match(/\/(?:properties|patternProperties)\/[^/]+|\/items(?![^/])/g);
  const depth = steps?.length ?? 0;
  const instancePath = error.instancePath
    .split('/')
    .slice(0, depth + 1)
    .join('/');
  return { keyword: 'anyOf', schemaPath, instancePath, params: {}, message: 'has a wrong form' };
}

function sentencesOf(error: SettingsError, schema: TSchema, subject: string): string[] {
  const key = keyOf(error.instancePath);
  switch (error.keyword) {
    case 'additionalProperties':
      return []; // each of them comes as its own error as well
    case 'boolean': {
      const owner = schemaAt(schema, error.schemaPath.replace(/\/additionalProperties$/, ''));
      const known = Object.keys(recordAt(owner['properties']));
      const listed = known.length === 0 ? '' : ` Known are: ${known.join(', ')}.`;
      return [`${subject}: "${shown(key)}" is not known.${listed}`];
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
