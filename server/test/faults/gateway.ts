/**
 * The gateway that the servers under test send through: two providers of one HTTP server, each of
 * which can be told to misbehave. Every message is written down before anything is answered, so the
 * list is what a person's phone could have got.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { json } from 'node:stream/consumers';

export const providerNames = ['first', 'second'] as const;
export type ProviderName = (typeof providerNames)[number];

/** What a provider may do with a message instead of taking it and saying so. */
export const moods = [
  /** Answers within the time that the server allows, but not at once. */
  'is slow',
  /** Takes the message and answers after the server has given up. */
  'answers late',
  'never answers',
  'answers twice',
  /** Says yes by its status, and breaks off before the rest. */
  'breaks its answer off',
  'resets the connection',
  /** Closes every connection before it has read anything. */
  'takes no connection',
  'answers 500',
  /** The one answer that says that the message was certainly not taken. */
  'answers 429',
] as const;
export type ProviderMood = 'works' | (typeof moods)[number];

export interface GatewayMessage {
  readonly atMs: number;
  readonly provider: ProviderName;
  readonly mood: ProviderMood;
  readonly verificationId: string;
  readonly deliveryId: string;
  readonly code: string;
  readonly text: string;
}

export interface Gateway {
  readonly port: number;
  /** For `WATCHWORD_PROVIDERS`. */
  readonly providers: readonly object[];
  readonly messages: readonly GatewayMessage[];
  setMood(providers: readonly ProviderName[], mood: ProviderMood): void;
  /** The newest message of a verification, once there is one beyond the first `seen`. */
  messageOf(verificationId: string, seen: number, timeoutMs: number): Promise<string | null>;
  close(): Promise<void>;
}

/** Longer than the time-out that the servers under test are given for one hand-over. */
const lateMs = 1_600;
const slowMs = 250;
const busyStatus = 429;

export async function startGateway(): Promise<Gateway> {
  const messages: GatewayMessage[] = [];
  const moods: Record<ProviderName, ProviderMood> = { first: 'works', second: 'works' };
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();

  const server = createServer((request, response) => {
    // A server under test that is killed in the middle of a request is no failure of the gateway.
    take(request, response).catch(() => request.socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  });

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const provider = providerNames.find((name) => request.url === `/${name}`);
    if (provider === undefined) throw new Error(`nothing is at ${request.url}`);
    const mood = moods[provider];
    if (mood === 'takes no connection') {
      request.socket.destroy();
      return;
    }
    const sent = (await json(request)) as Omit<GatewayMessage, 'atMs' | 'provider' | 'mood'>;
    messages.push({ atMs: performance.now(), provider, mood, ...sent });
    for (const look of waiting) look();
    answer(response, mood, `gateway-${messages.length}`);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    messages,
    providers: providerNames.map((name) => ({
      name,
      kind: 'http',
      manifest: manifest(name, port),
    })),
    setMood(providers, mood) {
      for (const provider of providers) moods[provider] = mood;
    },
    messageOf(verificationId, seen, timeoutMs) {
      return new Promise((resolve) => {
        const end = (code: string | null) => {
          waiting.delete(look);
          clearTimeout(timer);
          resolve(code);
        };
        const look = () => {
          const ours = messages.filter((one) => one.verificationId === verificationId);
          if (ours.length > seen) end(ours.at(-1)?.code ?? null);
        };
        const timer = setTimeout(end, timeoutMs, null);
        waiting.add(look);
        look();
      });
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(response: ServerResponse, mood: ProviderMood, id: string): void {
  const body = JSON.stringify({ id });
  const whole = (status: number, headers: object = {}) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  switch (mood) {
    case 'works':
      whole(200);
      break;
    case 'is slow':
      setTimeout(whole, slowMs, 200);
      break;
    case 'answers late':
      setTimeout(whole, lateMs, 200);
      break;
    case 'answers twice': {
      const { socket } = response;
      response.once('finish', () => socket?.write(rawAnswer(body, body.length)));
      whole(200);
      break;
    }
    case 'breaks its answer off':
      response.socket?.end(rawAnswer(body.slice(0, 4), body.length));
      break;
    case 'resets the connection':
      response.socket?.resetAndDestroy();
      break;
    case 'answers 500':
      whole(500);
      break;
    case 'answers 429':
      whole(busyStatus, { 'retry-after': '1' });
      break;
    case 'never answers':
    case 'takes no connection':
      break;
  }
}

function rawAnswer(body: string, length: number): string {
  const head = `content-type: application/json\r\ncontent-length: ${length}`;
  return `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`;
}

function manifest(name: ProviderName, port: number): object {
  const content = {
    verificationId: '{{verificationId}}',
    deliveryId: '{{deliveryId}}',
    code: '{{code}}',
    text: '{{text}}',
  };
  return {
    name: `fault-gateway-${name}`,
    channels: ['sms', 'email'],
    method: 'POST',
    url: `http://127.0.0.1:${port}/${name}`,
    body: { type: 'json', content },
    messageId: { pointer: '/id' },
  };
}

/** Whether a phone may have got it: the gateway did not say that it did not. */
export function mayBeTaken({ mood }: GatewayMessage): boolean {
  return mood !== 'answers 429';
}

const yes: readonly ProviderMood[] = ['works', 'is slow', 'answers twice', 'breaks its answer off'];

/** Whether the gateway told the server in time that it took the message. */
export function isAccepted({ mood }: GatewayMessage): boolean {
  return yes.includes(mood);
}
