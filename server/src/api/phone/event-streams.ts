import type { ServerResponse } from 'node:http';

/**
 * Answers that never end: server-sent events (HTML standard, 9.2) to every page that is open.
 *
 * A page reads the whole state again whenever its stream opens. So nothing is kept for anybody who
 * is away or slow: their stream is ended, they come back, and they have lost nothing.
 */
export interface EventStreams {
  /** Takes over a response; false when as many as allowed are open. */
  open(response: ServerResponse): boolean;
  write(kind: string, content: object): void;
  /** Breaks all of them off; the pages come back and read again. */
  sendAway(): void;
  /** Ends all of them in good order, for a server that closes. */
  end(): void;
}

export const streamsMax = 32;
const retryMs = 1_000;
// Below the idle time-outs of common proxies, of which 30 s is the shortest in wide use.
const heartbeatMs = 15_000;
// Room for several e-mails of the largest size that can be sent.
export const bufferedBytesMax = 1_048_576;

/** `onFirst` and `onLast` are called when there is somebody to write to, and nobody any more. */
export function createEventStreams(onFirst: () => void, onLast: () => void): EventStreams {
  const streams = new Set<ServerResponse>();
  let heartbeat: NodeJS.Timeout | undefined;

  function writeAll(chunk: string): void {
    for (const stream of streams) {
      if (stream.writableLength + chunk.length > bufferedBytesMax) stream.destroy();
      else stream.write(chunk);
    }
  }

  function leave(stream: ServerResponse): void {
    streams.delete(stream);
    if (streams.size > 0) return;
    clearInterval(heartbeat);
    onLast();
  }

  return {
    open(response) {
      if (streams.size >= streamsMax) return false;
      streams.add(response);
      response.on('close', () => leave(response));
      // The server's bound on silence is for those who owe it a request.
      response.socket?.setTimeout(0);
      response.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        // nginx would otherwise hold events back until its buffer is full.
        'X-Accel-Buffering': 'no',
      });
      response.write(`retry: ${retryMs}\n\n`);
      if (streams.size === 1) {
        heartbeat = setInterval(() => writeAll(':\n\n'), heartbeatMs).unref();
        onFirst();
      }
      return true;
    },
    write(kind, content) {
      // JSON has no line breaks of its own, so it is one `data` line.
      writeAll(`event: ${kind}\ndata: ${JSON.stringify(content)}\n\n`);
    },
    sendAway() {
      for (const stream of streams) stream.destroy();
    },
    end() {
      for (const stream of streams) stream.end();
    },
  };
}
