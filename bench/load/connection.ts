import { connect, type Socket } from 'node:net';
import { readHttpText } from './http-text.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A kept connection of one caller: one request at a time. */
export interface Connection {
  ask(request: string): Promise<Answer>;
  close(): void;
}

/** A raw socket, because a client library would cost more than some of what is measured. */
export function openConnection(port: number): Promise<Connection> {
  return new Promise((opened, refused) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('error', refused);
    socket.once('connect', () => {
      socket.off('error', refused);
      opened(speakOn(socket));
    });
  });
}

function speakOn(socket: Socket): Connection {
  let received = '';
  let fulfil: ((answer: Answer) => void) | null = null;
  let reject: ((error: Error) => void) | null = null;
  let isClosed = false;

  function fail(error: Error): void {
    isClosed = true;
    const tell = reject;
    fulfil = reject = null;
    tell?.(error);
  }

  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received = received === '' ? chunk : received + chunk;
    const message = readHttpText(received);
    if (message === null) return;
    received = received.slice(message.end);
    const answered = fulfil;
    fulfil = reject = null;
    // "HTTP/1.1 201 Created": the status stands at a fixed place.
    answered?.({ status: Number(message.head.slice(9, 12)), body: message.body });
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('The server closed a connection in use.')));

  return {
    ask(request) {
      return new Promise((answered, failed) => {
        if (isClosed) return failed(new Error('The server closed a kept connection.'));
        fulfil = answered;
        reject = failed;
        socket.write(request, 'latin1');
      });
    },
    close() {
      socket.removeAllListeners('close');
      socket.destroy();
    },
  };
}
