/**
 * The JSON of FlowX.AI's engine, which is Java's: numbers may have more digits than a double keeps,
 * so those that have to come back as they were are kept as they were written.
 */

export type Fields = Readonly<Record<string, unknown>>;

/** A number as it was written. */
export class WrittenNumber {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}

/** Null for what is no JSON object. */
export function readFields(value: Buffer | null): Fields | null {
  if (value === null) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'), keepInteger);
  } catch {
    return null;
  }
  const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  return isObject && !(parsed instanceof WrittenNumber) ? (parsed as Fields) : null;
}

function keepInteger(_name: string, value: unknown, context?: { readonly source?: string }) {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined) return value;
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(source) ? value : new WrittenNumber(source);
}

/** Text, and what Java's reader takes for it: numbers and truth values. Undefined for the rest. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value instanceof WrittenNumber ? value.digits : undefined;
}
