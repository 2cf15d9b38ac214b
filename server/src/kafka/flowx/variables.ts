import { codeNames, reservedNames, variableNamePattern } from '#domain/template-variables.ts';
import { type Fields, textOf, WrittenNumber } from './json.ts';

/** Deeper than any template's model; what lies deeper is not read. */
const depthMax = 5;
/** Far more than a template may use: what is more is not read. */
const variablesMax = 200;

/**
 * The data of a template as variables: `{"client": {"name": "Ann"}}` is `client_name`, and the
 * first item of a list ends in `_0`. Names that no template can use are left out, and so are those
 * that the service fills itself: a process cannot choose its own code.
 */
export function flattenVariables(...sources: readonly Fields[]): Readonly<Record<string, string>> {
  const variables = new Map<string, string>();

  function add(name: string, value: unknown, depth: number): void {
    if (variables.size >= variablesMax || depth > depthMax) return;
    const text = textOf(value);
    if (text !== undefined) {
      const isFree = !codeNames.has(name) && !reservedNames.has(name);
      if (variableNamePattern.test(name) && isFree) variables.set(name, text);
      return;
    }
    if (typeof value !== 'object' || value === null || value instanceof WrittenNumber) return;
    for (const [part, content] of Object.entries(value)) {
      add(name === '' ? part : `${name}_${part}`, content, depth + 1);
    }
  }

  for (const source of sources) add('', source, 0);
  return Object.fromEntries(variables);
}
