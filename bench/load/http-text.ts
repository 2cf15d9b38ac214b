/**
 * The little of HTTP/1.1 (RFC 9112) that both ends of the generator need: one message at a time on
 * a connection that is kept. Text is Latin-1, so that lengths in bytes are lengths of the text.
 */

export interface HttpText {
  /** The first line and the fields. */
  readonly head: string;
  readonly body: string;
  /** Where the next message begins. */
  readonly end: number;
}

const headMax = 16_384;
const lengthField = /\r\ncontent-length: *(\d+)/i;
const chunkedField = /\r\ntransfer-encoding: *chunked/i;
const lastChunk = '\r\n0\r\n\r\n';

/** The first message of a text, or null while a part of it is missing. */
export function readHttpText(text: string): HttpText | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) {
    if (text.length > headMax) throw new Error('An HTTP head of more than 16 KiB came.');
    return null;
  }
  const head = text.slice(0, headEnd);
  const bodyStart = headEnd + 4;
  const length = lengthField.exec(head);
  if (length === null && chunkedField.test(head)) return readChunked(text, head, headEnd);
  const end = bodyStart + Number(length?.[1] ?? 0);
  return text.length < end ? null : { head, body: text.slice(bodyStart, end), end };
}

/** The sizes of the chunks stay in the body: what is looked for in it is shorter than a chunk. */
function readChunked(text: string, head: string, headEnd: number): HttpText | null {
  // The break before a body without a chunk is the end of the head.
  const last = text.indexOf(lastChunk, headEnd + 2);
  if (last < 0) return null;
  return { head, body: text.slice(headEnd + 4, last), end: last + lastChunk.length };
}

/** The letters, digits, dashes and underscores that follow upon a text. */
export function textAfter(text: string, before: string): string | null {
  const at = text.indexOf(before);
  if (at < 0) return null;
  const start = at + before.length;
  let end = start;
  while (end < text.length && isPart(text.charCodeAt(end))) end++;
  return end === start ? null : text.slice(start, end);
}

/** Letters, digits, dash and underscore: what ids, numbers and codes are made of. */
function isPart(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    code === 45 ||
    code === 95
  );
}
