import { headerText, type KafkaRecord } from '#kafka/record.ts';
import { type Fields, textOf } from './json.ts';

/** Under this name in the body of older engines, and in the headers of all of them. */
const name = 'processInstanceId';
const charactersMax = 64;

/**
 * The process that a reply belongs to, as JSON: a whole number with all its digits, or text in
 * quotes. Undefined where the command names none.
 */
export function processIdOf(record: KafkaRecord, fields: Fields | null): string | undefined {
  const header = headerText(record, name);
  // Spring writes a text into a header with its quotes, and a number without.
  return readId(textOf(fields?.[name])) ?? readId(header?.replace(/^"(.*)"$/, '$1'));
}

function readId(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text.length > charactersMax) return undefined;
  if (/^-?(?:0|[1-9]\d{0,18})$/.test(text)) return text;
  return /^[\x21-\x7e]+$/.test(text) ? JSON.stringify(text) : undefined;
}

/**
 * A reply with exactly these keys, in their order. A process that is not named is 0, because the
 * engine reads a number there.
 */
export function replyText(processId: string | undefined, rest: object): string {
  return `{"${name}":${processId ?? '0'},${JSON.stringify(rest).slice(1)}`;
}
