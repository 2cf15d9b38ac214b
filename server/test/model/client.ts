/** Calls over connections that stay open: a sequence of commands is many small requests. */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { ObservedAnswer, ObservedBody } from './operations.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  readonly apiKey: string;
  readonly key?: string | null;
  /** A call as the virtual phone's page makes it. */
  readonly isPage?: boolean;
}

const timeoutMs = 30_000;

export interface Client {
  send(url: string, request: Request): Promise<ObservedAnswer>;
  close(): void;
}

export function createClient(): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    send: (url, { method, path, body, apiKey, key, isPage }) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const sent = request(`${url}${path}`, {
          agent,
          method,
          timeout: timeoutMs,
          headers: {
            authorization: `Bearer ${apiKey}`,
            ...(text === undefined ? {} : { 'content-type': 'application/json' }),
            ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }),
            ...(typeof key === 'string' ? { 'idempotency-key': key } : {}),
            ...(isPage === true ? { 'sec-fetch-site': 'same-origin' } : {}),
          },
        });
        sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} was not answered.`)));
        sent.on('error', reject);
        sent.on('response', (response) => readAnswer(response).then(resolve, reject));
        sent.end(text);
      }),
    close: () => agent.destroy(),
  };
}

async function readAnswer(response: IncomingMessage): Promise<ObservedAnswer> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) text += part;
  const retryAfter = response.headers['retry-after'];
  return {
    status: response.statusCode ?? 0,
    text,
    isReplayed: response.headers['idempotent-replayed'] === 'true',
    retryAfterSeconds: retryAfter === undefined ? null : Number(retryAfter),
    body: (text === '' ? {} : JSON.parse(text)) as ObservedBody,
  };
}
