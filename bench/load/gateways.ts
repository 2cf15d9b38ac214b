/**
 * The SMS gateways that every system sends through: raw sockets that answer one fixed text, and
 * hand the code of a message to the caller who waits for it.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { readHttpText, textAfter } from './http-text.ts';
import type { GatewayPorts, SystemShape } from './protocol.ts';

export interface ReceivedMessage {
  readonly code: string;
  /** When the gateway was called, by the clock of the generator. */
  readonly atMs: number;
}

export interface Gateways {
  readonly ports: GatewayPorts;
  readonly strayMessages: number;
  /** What messages look like from now on. */
  expect(message: SystemShape['message']): void;
  /** The next message to a number. */
  messageTo(number: string): Promise<ReceivedMessage>;
  /** Forgets who waits, at the end of a load. */
  forget(): void;
}

/** As slow as the goals of the project say it of a slow provider. */
const slowMs = 300;
const taken = '{"id":"message-1","status":"queued"}';
const answer = [
  'HTTP/1.1 200 OK',
  'content-type: application/json',
  `content-length: ${taken.length}`,
  '',
  taken,
].join('\r\n');

export async function openGateways(): Promise<Gateways> {
  const waiting = new Map<string, (message: ReceivedMessage) => void>();
  let shape: SystemShape['message'] = { numberAfter: '', codeAfter: '' };
  let strayMessages = 0;

  function deliver(body: string, atMs: number): void {
    const number = textAfter(body, shape.numberAfter);
    const code = textAfter(body, shape.codeAfter);
    const receive = number === null ? undefined : waiting.get(number);
    if (number === null || code === null || receive === undefined) {
      strayMessages++;
      return;
    }
    waiting.delete(number);
    receive({ code, atMs });
  }

  const healthy = await listen((socket, body) => {
    socket.write(answer, 'latin1');
    deliver(body, performance.now());
  });
  const slow = await listen((socket, body) => {
    const atMs = performance.now();
    setTimeout(() => {
      if (!socket.destroyed) socket.write(answer, 'latin1');
      deliver(body, atMs);
    }, slowMs);
  });
  // Takes the request and never says a word: worse than a refused connection, which is soon over.
  const dead = await listen(() => undefined);

  return {
    ports: { healthy: portOf(healthy), slow: portOf(slow), dead: portOf(dead) },
    get strayMessages() {
      return strayMessages;
    },
    expect(message) {
      shape = message;
      strayMessages = 0;
    },
    messageTo: (number) => new Promise((receive) => waiting.set(number, receive)),
    forget: () => waiting.clear(),
  };
}

function listen(take: (socket: Socket, body: string) => void): Promise<Server> {
  const server = createServer({ noDelay: true }, (socket) => {
    let received = '';
    socket.setEncoding('latin1');
    // A system that is stopped resets its connections; that is no fault of the load.
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: string) => {
      received += chunk;
      for (let request = readHttpText(received); request !== null; ) {
        received = received.slice(request.end);
        take(socket, request.body);
        request = readHttpText(received);
      }
    });
  });
  return new Promise((listening, refused) => {
    server.once('error', refused);
    server.listen(0, '127.0.0.1', () => listening(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A gateway has no port.');
  return address.port;
}
