import type { VariableLookup } from '#service/requests.ts';
import { type Fields, textOf, WrittenNumber } from './json.ts';

/**
 * A command's data as a template's variables: `client_name` is looked up in `{"client": {"name":
 * …}}`, and the first item of a list ends in `_0`. A process hands over whole objects, so nothing
 * is read but what a text asks for; a name costs no more steps than there are values on its paths.
 * The first source that has it counts.
 */
export function variablesOf(sources: readonly unknown[]): VariableLookup {
  return (name) => {
    for (const source of sources) {
      const text = textAt(source, name);
      if (text !== undefined) return text;
    }
    return undefined;
  };
}

/** Each underscore may be one of the name itself, or the step into what lies inside. */
function textAt(value: unknown, path: string): string | undefined {
  if (typeof value !== 'object' || value === null || value instanceof WrittenNumber) return;
  const fields = value as Fields;
  const own = textOf(contentOf(fields, path));
  if (own !== undefined) return own;
  for (let at = path.indexOf('_'); at >= 0; at = path.indexOf('_', at + 1)) {
    const found = textAt(contentOf(fields, path.slice(0, at)), path.slice(at + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What the data hold themselves: a list's `length`, for one, is none of them. */
function contentOf(fields: Fields, name: string): unknown {
  const isThere = Object.prototype.propertyIsEnumerable.call(fields, name);
  return isThere ? fields[name] : undefined;
}
