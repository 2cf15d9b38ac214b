import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';

/** One request as it came over the wire. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface PeerAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A gateway on this machine that answers as it is told and keeps what it was sent. */
export interface RecordedPeer {
  readonly origin: string;
  /** `host:port`, for the egress guard's list. */
  readonly door: string;
  readonly seen: SeenRequest[];
  /** Null reads the request and stays silent. */
  answer: PeerAnswer | null;
  /** Called after each request was read. */
  onSeen: () => void;
  close(): Promise<void>;
}

export async function startRecordedPeer(): Promise<RecordedPeer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      peer.seen.push({
        method: request.method ?? '',
        target: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      });
      peer.onSeen();
      if (peer.answer === null) return;
      const { status, headers = {}, body } = peer.answer;
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const door = `127.0.0.1:${address.port}`;
  const peer: RecordedPeer = {
    origin: `http://${door}`,
    door,
    seen: [],
    answer: { status: 200, body: '{}' },
    onSeen: () => undefined,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
  return peer;
}
