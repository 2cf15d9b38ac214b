/** The parameters of a call by their names, wherever it carries them. */
export type Words = (name: string) => string | undefined;

/**
 * Reads parameters from the first source that has them: the query, the body, in the order that the
 * vendor's clients ask for. Numbers and truth values count as their text, of several values of one
 * name the first holds, and an empty one counts as not given.
 */
export function readWords(...sources: readonly unknown[]): Words {
  return (name) => {
    for (const source of sources) {
      const word = wordOf(source, name);
      if (word !== undefined && word !== '') return word;
    }
    return undefined;
  };
}

function wordOf(source: unknown, name: string): string | undefined {
  if (typeof source !== 'object' || source === null || !Object.hasOwn(source, name)) {
    return undefined;
  }
  const given = (source as Readonly<Record<string, unknown>>)[name];
  const value: unknown = Array.isArray(given) ? given[0] : given;
  switch (typeof value) {
    case 'string':
      // Half of a surrogate pair stands for no character, and no storage keeps it as it was.
      return value.toWellFormed();
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}

/** Fit for an id, a name or a header: no storage, log or header can be broken by it. */
export function isOneLine(text: string, charactersMax: number): boolean {
  return text.length <= charactersMax && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text);
}
