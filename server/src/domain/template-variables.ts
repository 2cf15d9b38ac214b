import { ok, type Refusal, type Result, refuse } from '#domain/refusal.ts';

/**
 * What may fill a template.
 *
 * 1. The code has one name and five other spellings, because the APIs this service stands in for
 *    write it differently. A variable can have none of these names.
 * 2. The service fills five names itself. A caller's variable cannot have them either: the payee
 *    that a person reads must be the payee the code is bound to.
 * 3. A caller's variable is one line of at most 200 characters. A tab or a line break becomes a
 *    blank, any other control character is refused, and so are the marks that turn the direction
 *    of writing around, which can make a text read as another one.
 */
export const codeNames: ReadonlySet<string> = new Set([
  'code',
  'pin',
  'validation_code',
  'otp_code',
  'otpValue',
]);

export const transactionNames: ReadonlySet<string> = new Set(['amount', 'currency', 'payee']);

export const reservedNames: ReadonlySet<string> = new Set([
  'application',
  'lifetimeMinutes',
  ...transactionNames,
]);

export const variableNamePattern = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;
export const variablesMax = 20;
export const valueCharactersMax = 200;
/** The longest code that can be asked for. */
export const codeCharactersMax = 10;

const lineBreaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
const controls = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const controlsAndBreaks = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

export type Variables = Readonly<Record<string, string>>;

export interface TemplateValues {
  /** Null in a plain message that has none. */
  readonly code: string | null;
  readonly variables: Variables;
}

export interface ComposeInput {
  readonly code: string | null;
  /** The application's name as people know it. */
  readonly application: string;
  /** Null where nothing ends. */
  readonly lifetimeSeconds: number | null;
  readonly transaction: {
    readonly amount: string;
    readonly currency: string;
    readonly payee: string;
  } | null;
  /** As `checkVariables` returned them. */
  readonly variables: Variables;
}

/** The caller's variables, cleaned, in an object without a prototype. */
export function checkVariables(input: Readonly<Record<string, string>>): Result<Variables> {
  const names = Object.keys(input);
  if (names.length > variablesMax) {
    return refuse(
      'variables_invalid',
      `At most ${variablesMax} variables can be given. Use a text that needs fewer.`,
      { pointer: '/variables' },
    );
  }
  const checked: Record<string, string> = Object.create(null);
  for (const name of names) {
    const refused = nameRefusal(name);
    if (refused !== null) return refused;
    const value = checkValue(name, input[name]);
    if (!value.ok) return value;
    checked[name] = value.value;
  }
  return ok(checked);
}

/** Of a caller's data what a text asks for; the rest may be anything. As `checkVariables`. */
export function takeVariables(
  names: readonly string[],
  lookUp: (name: string) => string | undefined,
): Result<Variables> {
  const taken: Record<string, string> = Object.create(null);
  for (const name of names) {
    const value = reservedNames.has(name) ? undefined : lookUp(name);
    if (value !== undefined) taken[name] = value;
  }
  return checkVariables(taken);
}

/** Everything a text can show: the caller's variables and, over them, what the service fills. */
export function composeValues(input: ComposeInput): TemplateValues {
  const variables: Record<string, string> = Object.assign(Object.create(null), input.variables);
  variables['application'] = oneLine(input.application);
  if (input.lifetimeSeconds !== null) {
    variables['lifetimeMinutes'] = lifetimeMinutes(input.lifetimeSeconds);
  }
  // Without a transaction the three names stay unknown, so a payment's text is never half empty.
  for (const name of ['amount', 'currency', 'payee'] as const) {
    if (input.transaction === null) delete variables[name];
    else variables[name] = oneLine(input.transaction[name]);
  }
  return { code: input.code, variables };
}

// Rounded down, so that a text never promises more time than there is; but never to nothing.
function lifetimeMinutes(lifetimeSeconds: number): string {
  return String(Math.max(1, Math.floor(lifetimeSeconds / 60)));
}

function nameRefusal(name: string): { readonly ok: false; readonly error: Refusal } | null {
  if (!variableNamePattern.test(name)) {
    return refuse(
      'variables_invalid',
      'A variable’s name is a letter followed by at most 39 letters, digits or underscores.',
      { pointer: '/variables' },
    );
  }
  const pointer = `/variables/${name}`;
  if (codeNames.has(name)) {
    return refuse(
      'variables_invalid',
      `${name} stands for the code, which the service makes. Give your own as customCode.`,
      { pointer },
    );
  }
  if (reservedNames.has(name)) {
    return refuse(
      'variables_invalid',
      `The service fills ${name} itself. Give the variable another name.`,
      { pointer },
    );
  }
  return null;
}

function checkValue(name: string, value: unknown): Result<string> {
  const pointer = `/variables/${name}`;
  if (typeof value !== 'string') {
    return refuse('variables_invalid', `The variable ${name} must be a text.`, { pointer });
  }
  if (value.length > valueCharactersMax) {
    return refuse(
      'variables_invalid',
      `The variable ${name} is longer than ${valueCharactersMax} characters. Shorten it.`,
      { pointer },
    );
  }
  const line = value.replace(lineBreaks, ' ');
  if (controls.test(line) || !line.isWellFormed()) {
    return refuse(
      'variables_invalid',
      `The variable ${name} holds a control character. Remove it.`,
      { pointer },
    );
  }
  return ok(line);
}

// Names of applications and payees are checked where they come in; this is the second wall, for
// what was stored before a rule existed.
function oneLine(value: string): string {
  return value.replace(controlsAndBreaks, ' ').toWellFormed();
}
