/**
 * Calls over connections that stay open. A sequence is some thirty small requests, and what they
 * cost here is time that the servers lack: node:http takes 0.07 ms for one, this 0.02. It speaks
 * HTTP/1.1 (RFC 9112) as far as our server does, whose answers all say their length.
 */
import { connect, type Socket } from 'node:net';
import type { ObservedAnswer, ObservedBody } from './operations.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Absent where `headers` say who asks. */
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string | null;
  /** A call as the virtual phone's page makes it. */
  readonly isPage?: boolean;
}

const timeoutMs = 30_000;
const graceMs = 1_000;
/** Shorter than the server keeps a connection that nothing comes over. */
const idleMaxMs = 30_000;

export interface Client {
  send(url: string, request: Request): Promise<ObservedAnswer>;
  /** In one write, and answered in their order; the server may work on all of them at once. */
  sendTogether(url: string, requests: readonly Request[]): Promise<readonly ObservedAnswer[]>;
  close(): void;
}

interface Connection {
  readonly socket: Socket;
  /** Settles when the last request has its answer. */
  ask(text: string, answers: number): Promise<readonly ObservedAnswer[]>;
  idleSinceMs: number;
}

export function createClient(): Client {
  const idle = new Map<string, Connection[]>();
  const open = new Set<Connection>();

  function connectionTo(url: string): Connection {
    for (let found = idle.get(url)?.pop(); found !== undefined; found = idle.get(url)?.pop()) {
      if (!found.socket.destroyed && Date.now() - found.idleSinceMs < idleMaxMs) return found;
      found.socket.destroy();
    }
    const { hostname, port } = new URL(url);
    const made = createConnection(connect(Number(port), hostname));
    open.add(made);
    made.socket.on('close', () => open.delete(made));
    return made;
  }

  async function sendTogether(
    url: string,
    requests: readonly Request[],
  ): Promise<readonly ObservedAnswer[]> {
    const connection = connectionTo(url);
    const answers = await connection.ask(
      requests.map((one) => textOf(one, url)).join(''),
      requests.length,
    );
    connection.idleSinceMs = Date.now();
    idle.set(url, [...(idle.get(url) ?? []), connection]);
    return answers;
  }

  return {
    sendTogether,
    async send(url, request) {
      const [answer] = await sendTogether(url, [request]);
      if (answer === undefined) throw new Error('One request has one answer.');
      return answer;
    },
    close() {
      for (const { socket } of open) socket.destroy();
    },
  };
}

function textOf(request: Request, url: string): string {
  const { method, path, body, apiKey, headers = {}, key, isPage } = request;
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${url.slice('http://'.length)}`,
    ...(apiKey === undefined ? [] : [`authorization: Bearer ${apiKey}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : ['content-type: application/json']),
    ...(method === 'GET' ? [] : [`content-length: ${Buffer.byteLength(text)}`]),
    ...(typeof key === 'string' ? [`idempotency-key: ${key}`] : []),
    ...(isPage === true ? ['sec-fetch-site: same-origin'] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${text}`;
}

function createConnection(socket: Socket): Connection {
  let received = Buffer.alloc(0);
  let answers: ObservedAnswer[] = [];
  let asked: PromiseWithResolvers<readonly ObservedAnswer[]> | null = null;
  let wanted = 0;
  let askedText = '';
  let isLast = false;
  socket.setNoDelay(true);
  socket.setTimeout(timeoutMs, () => {
    const late = asked;
    // A long search for an explanation holds this process up; then timers come before what was
    // received meanwhile.
    setTimeout(() => {
      if (late === null || asked !== late) return;
      const [line] = askedText.split('\r\n', 1);
      socket.destroy(new Error(`No answer to ${line} came within ${timeoutMs} ms.`));
    }, graceMs);
  });
  socket.on('error', (error) => asked?.reject(error));
  socket.on('close', () => asked?.reject(new Error('The connection was closed.')));
  socket.on('data', (part) => {
    received = received.length === 0 ? part : Buffer.concat([received, part]);
    try {
      for (let read = readAnswer(received); read !== null; read = readAnswer(received)) {
        answers.push(read.answer);
        received = received.subarray(read.length);
        isLast ||= read.isLast;
      }
    } catch (error) {
      asked?.reject(error);
      socket.destroy();
    }
    if (answers.length < wanted) return;
    asked?.resolve(answers);
    if (isLast) socket.destroy();
  });
  return {
    socket,
    idleSinceMs: 0,
    async ask(text, count) {
      asked = Promise.withResolvers();
      answers = [];
      wanted = count;
      askedText = text;
      socket.write(text);
      try {
        return await asked.promise;
      } finally {
        asked = null;
      }
    },
  };
}

interface Read {
  readonly answer: ObservedAnswer;
  /** In bytes, with its head. */
  readonly length: number;
  /** The server ends the connection after it. */
  readonly isLast: boolean;
}

/** The first answer in what was received; null when it is not complete. */
function readAnswer(received: Buffer): Read | null {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = received.toString('latin1', 0, headEnd);
  const [, status = ''] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
  const [, lengthText] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
  if (lengthText === undefined && status !== '204') throw new Error(`No length: ${head}`);
  const begin = headEnd + 4;
  const length = begin + Number(lengthText ?? 0);
  if (received.length < length) return null;
  const text = received.toString('utf8', begin, length);
  const [, retryAfter] = /\r\nretry-after: (\d+)/i.exec(head) ?? [];
  const answer = {
    status: Number(status),
    text,
    isReplayed: /\r\nidempotent-replayed: true/i.test(head),
    retryAfterSeconds: retryAfter === undefined ? null : Number(retryAfter),
    body: (text === '' ? {} : JSON.parse(text)) as ObservedBody,
  };
  return { answer, length, isLast: /\r\nconnection: close/i.test(head) };
}
