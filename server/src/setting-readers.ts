/**
 * Readers of single settings. A value arrives as text from the environment or as JSON from the
 * configuration file; a reader answers the typed value, or the end of "<setting> must …".
 */
import { ok, type Result } from '#domain/refusal.ts';

export type Reader<Value> = (raw: unknown) => Result<Value, string>;

export function mustBe(what: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error: `must be ${what}` };
}

/** Text without control characters, because it reaches logs, headers and paths. */
export function text(lengthMax: number): Reader<string> {
  return (raw) =>
    typeof raw === 'string' && raw.length <= lengthMax && /^[^\p{Cc}]+$/u.test(raw)
      ? ok(raw)
      : mustBe(`a text of 1 to ${lengthMax} characters on one line`);
}

export function wholeNumber(min: number, max: number): Reader<number> {
  return (raw) => {
    const value = typeof raw === 'string' && /^\d{1,9}$/.test(raw) ? Number(raw) : raw;
    return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? ok(value)
      : mustBe(`a whole number from ${min} to ${max}`);
  };
}

export function oneOf<const Word extends string>(words: readonly Word[]): Reader<Word> {
  return (raw) => {
    const found = words.find((word) => word === raw);
    return found === undefined ? mustBe(`one of ${words.join(', ')}`) : ok(found);
  };
}

/** Commas separate entries in the environment; the file may also hold an array of texts. */
export function textList(entriesMax: number): Reader<readonly string[]> {
  return (raw) => {
    const entries = typeof raw === 'string' ? raw.split(',') : raw;
    const isList = Array.isArray(entries) && entries.every((entry) => typeof entry === 'string');
    if (!isList || entries.length > entriesMax) {
      return mustBe(`at most ${entriesMax} entries separated by commas`);
    }
    return ok(entries.map((entry) => entry.trim()).filter((entry) => entry !== ''));
  };
}

/** JSON text in the environment, plain JSON in the file. */
export function objectList(entriesMax: number): Reader<readonly object[]> {
  return (raw) => {
    const value = typeof raw === 'string' ? parseJson(raw) : raw;
    const isList =
      Array.isArray(value) &&
      value.length <= entriesMax &&
      value.every((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry));
    return isList ? ok(value) : mustBe(`a JSON array of at most ${entriesMax} objects`);
  };
}

/** An origin, with a path where a proxy adds one; without its final slash. */
export const baseUrl: Reader<string> = (raw) => {
  const url = typeof raw === 'string' && raw.length <= 2_000 ? URL.parse(raw) : null;
  const isBase =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username + url.password + url.search + url.hash === '';
  return isBase
    ? ok(url.href.replace(/\/+$/, ''))
    : mustBe('an http or https address such as "https://verify.example.com", without a query');
};

export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
