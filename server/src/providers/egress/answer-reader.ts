/**
 * Reads one HTTP/1.1 answer from the bytes of a connection (RFC 9112). What two readers could take
 * for different lengths is no answer: the connection is given up instead, and never used again.
 *
 * Rules:
 * 1. Lines end with CR LF, names are tokens, no line is folded (sections 2.2 and 5.2).
 * 2. A body is chunked, or has one length, or goes on to the end of the connection; chunked with a
 *    length, another coding, or two lengths is refused (section 6.3).
 * 3. Interim answers (1xx) are passed over; a switch of protocols was not asked for and is refused.
 * 4. Heads, chunk lines and trailers are bounded; of a body only the beginning is kept.
 */
import { type AnswerHead, type AnswerHeaders, readAnswerHead } from './answer-head.ts';

/**
 * `done` leaves the connection at the end of the answer, `over` has more bytes behind it, `full`
 * has a longer body than is kept.
 */
export type Progress = 'more' | 'done' | 'over' | 'full' | 'broken' | 'headers_too_large';

/** What the bytes that come next are. */
type Part = 'head' | 'length' | 'until_end' | 'chunk_line' | 'chunk' | 'chunk_end' | 'trailer';

export const headBytesMax = 16_384;
const chunkLineBytesMax = 256;
const headEnd = Buffer.from('\r\n\r\n');
const chunkLine = /^([0-9A-Fa-f]{1,8})[\t ]*(?:;.*)?$/;

/** Of a single answer: nothing may be pushed after anything but `more`. */
export class AnswerReader {
  /** 0 until the head was read. */
  status = 0;
  headers: AnswerHeaders = {};
  /** Whether the connection may carry another request once this answer is done. */
  isKept = false;
  /** How long it may lie idle before that, as far as the other side tells. */
  keepAliveSeconds = Number.POSITIVE_INFINITY;
  #part: Part = 'head';
  /** Bytes of a head, a line or a chunk's end that are not complete yet. */
  #held: Buffer | null = null;
  /** Of the body, or of the chunk under way. */
  #bytesLeft = 0;
  /** Of interim answers: all heads together have one bound, for they could go on for ever. */
  #interimBytes = 0;
  #trailerBytes = 0;
  #chunks: Buffer[] = [];
  #bodyBytes = 0;
  readonly #bodyBytesMax: number;

  constructor(bodyBytesMax: number) {
    this.#bodyBytesMax = bodyBytesMax;
  }

  push(received: Buffer): Progress {
    const bytes = this.#held === null ? received : Buffer.concat([this.#held, received]);
    this.#held = null;
    let from = 0;
    while (from < bytes.length) {
      const next = this.#step(bytes, from);
      if (next === 'more') this.#held = bytes.subarray(from);
      if (typeof next === 'string') return next;
      from = next;
    }
    return 'more';
  }

  /** The other side ended the connection: `done` where that is how this body ends. */
  end(): 'done' | 'broken' {
    return this.#part === 'until_end' ? 'done' : 'broken';
  }

  /** What was read of the body, at most `bodyBytesMax`. */
  body(): string {
    const [only] = this.#chunks;
    if (this.#chunks.length === 1 && only !== undefined) return only.toString('utf8');
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  /** Reads from `from` as far as the part goes: where the next one begins, or how it ended. */
  #step(bytes: Buffer, from: number): number | Progress {
    switch (this.#part) {
      case 'head':
        return this.#readHead(bytes, from);
      case 'until_end':
        return this.#keep(bytes.subarray(from)) ? bytes.length : 'full';
      case 'length':
      case 'chunk':
        return this.#readSized(bytes, from);
      case 'chunk_end':
        if (bytes.length - from < 2) return 'more';
        this.#part = 'chunk_line';
        return bytes[from] === 0x0d && bytes[from + 1] === 0x0a ? from + 2 : 'broken';
      case 'chunk_line':
        return this.#readChunkLine(bytes, from);
      case 'trailer':
        return this.#readTrailer(bytes, from);
    }
  }

  #readHead(bytes: Buffer, from: number): number | Progress {
    const end = bytes.indexOf(headEnd, from);
    const length = (end < 0 ? bytes.length : end) - from;
    if (this.#interimBytes + length > headBytesMax) return 'headers_too_large';
    if (end < 0) return 'more';
    const head = readAnswerHead(bytes.toString('latin1', from, end));
    if (head === null || head.status === 101) return 'broken';
    const next = end + headEnd.length;
    if (head.status < 200) {
      this.#interimBytes += next - from;
      return next;
    }
    this.status = head.status;
    this.headers = head.headers;
    this.isKept = head.isKept;
    this.keepAliveSeconds = head.keepAliveSeconds;
    if (!this.#beginBody(head)) return 'broken';
    return this.#part === 'length' && this.#bytesLeft === 0 ? endAt(bytes, next) : next;
  }

  /** False where nobody can tell for certain how long the body is. */
  #beginBody({ status, coding, lengths }: AnswerHead): boolean {
    const [length] = lengths;
    this.#part = 'length';
    if (status === 204 || status === 304) {
      // A body that is announced all the same may follow, and would begin the next answer.
      if (coding !== null || lengths.some((told) => !/^0+$/.test(told))) this.isKept = false;
      return true;
    }
    if (coding !== null) {
      this.#part = 'chunk_line';
      // Whoever looks at the length alone would see the next answer begin elsewhere.
      return coding === 'chunked' && length === undefined;
    }
    if (length === undefined) {
      this.isKept = false;
      this.#part = 'until_end';
      return true;
    }
    this.#bytesLeft = Number(length);
    return /^[0-9]{1,15}$/.test(length) && lengths.every((other) => other === length);
  }

  #readSized(bytes: Buffer, from: number): number | Progress {
    const taken = Math.min(this.#bytesLeft, bytes.length - from);
    this.#bytesLeft -= taken;
    if (!this.#keep(bytes.subarray(from, from + taken))) return 'full';
    if (this.#bytesLeft > 0) return bytes.length;
    if (this.#part === 'length') return endAt(bytes, from + taken);
    this.#part = 'chunk_end';
    return from + taken;
  }

  #readChunkLine(bytes: Buffer, from: number): number | Progress {
    const line = lineAt(bytes, from);
    const length = (line?.next ?? bytes.length) - from;
    if (length > chunkLineBytesMax) return 'broken';
    if (line === null) return 'more';
    const size = chunkLine.exec(line.text)?.[1];
    if (size === undefined) return 'broken';
    this.#bytesLeft = Number.parseInt(size, 16);
    this.#part = this.#bytesLeft === 0 ? 'trailer' : 'chunk';
    return line.next;
  }

  #readTrailer(bytes: Buffer, from: number): number | Progress {
    const line = lineAt(bytes, from);
    if (line === null) return bytes.length - from > headBytesMax ? 'broken' : 'more';
    this.#trailerBytes += line.next - from;
    if (this.#trailerBytes > headBytesMax) return 'broken';
    return line.text === '' ? endAt(bytes, line.next) : line.next;
  }

  #keep(bytes: Buffer): boolean {
    const room = this.#bodyBytesMax - this.#bodyBytes;
    if (room > 0) this.#chunks.push(bytes.subarray(0, room));
    this.#bodyBytes += bytes.length;
    return this.#bodyBytes <= this.#bodyBytesMax;
  }
}

function endAt(bytes: Buffer, end: number): Progress {
  return end === bytes.length ? 'done' : 'over';
}

/** One line without its end, and where the next begins; null while it is not complete. */
function lineAt(bytes: Buffer, from: number): { text: string; next: number } | null {
  const end = bytes.indexOf('\r\n', from, 'latin1');
  return end < 0 ? null : { text: bytes.toString('latin1', from, end), next: end + 2 };
}
