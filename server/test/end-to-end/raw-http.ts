import { connect } from 'node:net';
import type { Answer } from './judge-answer.ts';

/** Requests as bytes on a socket, for everything that no HTTP client would send. */
export interface Spoken {
  /** Every answer that came, in order. What is no whole answer is left out. */
  readonly answers: readonly Answer[];
  /** The server closed the connection, and not we because our time was up. */
  readonly isClosed: boolean;
  readonly tookMs: number;
}

export interface SpeakOptions {
  readonly timeoutMs?: number;
  /** Sent after the first answer began, or in small pieces while nothing comes. */
  readonly drip?: { readonly bytes: string; readonly everyMs: number };
}

/** Sends bytes and reads until the server closes, or until the time is up. */
export function speak(
  url: string,
  bytes: string | Buffer,
  { timeoutMs = 5_000, drip }: SpeakOptions = {},
): Promise<Spoken> {
  const { hostname, port } = new URL(url);
  const startedAtMs = Date.now();
  const received: Buffer[] = [];
  return new Promise((resolve) => {
    let isClosed = true;
    const socket = connect({ host: hostname, port: Number(port) });
    const deadline = setTimeout(() => {
      isClosed = false;
      socket.destroy();
    }, timeoutMs);
    const dripping =
      drip === undefined ? undefined : setInterval(() => socket.write(drip.bytes), drip.everyMs);
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    // A reset is a way to close; what had come before it counts.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(deadline);
      clearInterval(dripping);
      const answers = readAnswers(Buffer.concat(received));
      resolve({ answers, isClosed, tookMs: Date.now() - startedAtMs });
    });
    // Bytes of headers are Latin-1, so that a test can write any of them.
    socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  });
}

export interface RawRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | Buffer;
}

/** A request that ends its connection; the headers are written as they are. */
export function rawRequest({ method = 'GET', target, headers = [], body }: RawRequest): Buffer {
  const bytes = Buffer.from(body ?? '');
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`Content-Length: ${bytes.length}`]),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

function readAnswers(bytes: Buffer): Answer[] {
  const answers: Answer[] = [];
  let rest = bytes;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return answers;
    const [first = '', ...lines] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? 0);
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    rest = rest.subarray(end + 4);
    const { text, length } = readBody(rest, headers);
    rest = rest.subarray(length);
    answers.push({ status, headers, text });
  }
}

function readBody(bytes: Buffer, headers: Answer['headers']): { text: string; length: number } {
  const declared = Number(headers['content-length'] ?? 0);
  return { text: bytes.subarray(0, declared).toString('utf8'), length: declared };
}
