import type { FieldError } from '#api/problem.ts';

/** What the validator (Ajv, with `verbose`) says of one broken rule; only what is used here. */
export interface Violation {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly parentSchema?: object;
}

/** A body of nothing but wrong fields must not make a longer answer than it is itself. */
const errorsMax = 16;
const shownNameCharactersMax = 64;

/**
 * Sentences for a caller, one for each wrong field. They never quote a value: it may be a code.
 * Names of unknown fields are quoted, because the contract refuses them by name.
 */
export function describeViolations(violations: readonly Violation[]): FieldError[] {
  const errors = new Map<string, string>();
  for (const violation of violations) {
    if (errors.size >= errorsMax) break;
    if (isDetailOfAnother(violation, violations)) continue;
    const pointer = pointerOf(violation);
    if (!errors.has(pointer)) errors.set(pointer, sentenceOf(violation));
  }
  return [...errors].map(([pointer, detail]) => ({ pointer, detail }));
}

/** What is wrong, in one sentence. */
export function summarizeErrors(errors: readonly FieldError[]): string {
  const [first] = errors;
  if (errors.length !== 1 || first === undefined) {
    return `${errors.length} fields are wrong; errors names them.`;
  }
  return `${first.pointer === '' ? 'The body' : first.pointer}: ${first.detail}`;
}

/** Why one branch of a choice did not fit says nothing: the choice itself is reported. */
function isDetailOfAnother(violation: Violation, all: readonly Violation[]): boolean {
  if (violation.keyword === 'anyOf') return false;
  if (violation.schemaPath.includes('/propertyNames/')) return true;
  return (
    violation.schemaPath.includes('/anyOf/') &&
    all.some(
      (other) => other.keyword === 'anyOf' && violation.instancePath.startsWith(other.instancePath),
    )
  );
}

function pointerOf({ keyword, instancePath, params }: Violation): string {
  const name = params.missingProperty ?? params.additionalProperty ?? params.propertyName;
  const isOfProperty =
    keyword === 'required' || keyword === 'additionalProperties' || keyword === 'propertyNames';
  if (!isOfProperty || typeof name !== 'string') return instancePath;
  return `${instancePath}/${shown(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function sentenceOf(violation: Violation): string {
  const { keyword, params } = violation;
  switch (keyword) {
    case 'required':
      return 'This field is required.';
    case 'additionalProperties':
      return `There is no field "${shown(String(params.additionalProperty))}" here. Remove it.`;
    case 'propertyNames':
      return `"${shown(String(params.propertyName))}" cannot be a name here.${hint(violation)}`;
    case 'type':
      return `This must be ${typeInWords(params.type)}.`;
    case 'enum':
      return `This must be one of ${listed(params.allowedValues)}.`;
    case 'minLength':
      return Number(params.limit) === 1
        ? 'This must not be empty.'
        : `This must have at least ${params.limit} characters.`;
    case 'maxLength':
      return `This must have at most ${params.limit} characters.`;
    case 'minimum':
      return `This must be at least ${params.limit}.`;
    case 'maximum':
      return `This must be at most ${params.limit}.`;
    case 'minItems':
      return `This must have at least ${params.limit} entries.`;
    case 'maxItems':
    case 'maxProperties':
      return `This must have at most ${params.limit} entries.`;
    case 'uniqueItems':
      return 'This must not name the same thing twice.';
    default:
      return `This does not have the expected form.${hint(violation)}`;
  }
}

/** Rules that a pattern cannot put in words say it in their schema's description. */
function hint({ keyword, parentSchema = {} }: Violation): string {
  const { propertyNames, description } = parentSchema as Described;
  const words = keyword === 'propertyNames' ? propertyNames?.description : description;
  return typeof words === 'string' ? ` ${words}` : '';
}

interface Described {
  readonly description?: unknown;
  readonly propertyNames?: { readonly description?: unknown };
}

/** That null is as good as nothing goes without saying. */
function typeInWords(types: unknown): string {
  const words: Record<string, string> = {
    string: 'a string',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    object: 'an object',
    array: 'a list',
  };
  return [types]
    .flat()
    .filter((name) => name !== 'null')
    .map((name) => words[String(name)] ?? String(name))
    .join(' or ');
}

function listed(values: unknown): string {
  return Array.isArray(values)
    ? values
        .filter((value) => value !== null)
        .map((value) => `"${String(value)}"`)
        .join(', ')
    : 'the documented values';
}

function shown(name: string): string {
  return name.length <= shownNameCharactersMax
    ? name
    : `${name.slice(0, shownNameCharactersMax).toWellFormed()}…`;
}
