/** Approved texts of the DLT routes and of quick transactional messages, and their values. */
import type { Failure } from '#compat/fast2sms/errors.ts';
import type { ApprovedMessage } from '#compat/fast2sms/settings.ts';
import { ok, type Result } from '#domain/refusal.ts';

/** As long as one that is registered in India may be. */
const valueCharactersMax = 100;
const valuesMax = 20;
const linkPattern = /https?:|www\.|[a-z0-9]\.(?:com|net|org|in|ly|me|io|co)\b/i;

/** The message behind an account's own id, of which nobody has said what it is. */
export const sampleMessage: ApprovedMessage = {
  text: 'Your verification code is {#var#}.',
  senderId: 'FSTSMS',
};

/** Values in their order, each for one `{#var#}`: as many as there are places. */
export function fillPlaces(text: string, joined: string | undefined): Result<string, Failure> {
  const values = joined === undefined ? [] : joined.split('|', valuesMax + 1);
  // The vendor's samples end a list of values with a bar.
  if (values.at(-1) === '') values.pop();
  const places = text.split('{#var#}');
  if (values.length !== places.length - 1) return { ok: false, error: 425 };
  const wrong = wrongValueIn(values);
  if (wrong !== null) return { ok: false, error: wrong };
  return ok(places.map((part, index) => `${part}${values[index] ?? ''}`).join(''));
}

/** `{#AA#}` and such in the text, named in `variables` in the order of their values. */
export function fillNames(
  text: string,
  names: string | undefined,
  joined: string | undefined,
): Result<string, Failure> {
  const variables = names?.split('|', valuesMax + 1) ?? [];
  const values = joined?.split('|', valuesMax + 1) ?? [];
  const isWrong =
    variables.length !== values.length ||
    variables.length > valuesMax ||
    variables.some((name) => !/^\{#[A-Za-z0-9]{1,20}#\}$/.test(name));
  if (isWrong) return { ok: false, error: 425 };
  const wrong = wrongValueIn(values);
  if (wrong !== null) return { ok: false, error: wrong };
  const byName = new Map(variables.map((name, index) => [name, values[index] ?? '']));
  const filled = text.replace(/\{#[A-Za-z0-9]{1,20}#\}/g, (name) => byName.get(name) ?? name);
  return /\{#[A-Za-z0-9]{1,20}#\}/.test(filled) ? { ok: false, error: 425 } : ok(filled);
}

/** A link in a value would turn an approved text into another one. */
function wrongValueIn(values: readonly string[]): Failure | null {
  if (values.length > valuesMax) return 425;
  if (values.some((value) => value.length > valueCharactersMax)) return 425;
  return values.some((value) => linkPattern.test(value)) ? 426 : null;
}
