import { type Connect, Connection, type Exchange } from './connection.ts';
import type { OutboundAnswer, OutboundOrigin, OutboundRequest } from './http-exchange.ts';
import { networkError, reasonOf } from './network-error.ts';
import { writeRequest } from './request-head.ts';

/**
 * Connections to one origin, kept for the next request. Written by hand because the outbound call
 * is a seventh of the hot path (`docs/internals/decisions/outbound-http-by-hand.md`).
 *
 * What waits here was certainly not sent. Nothing is ever sent twice.
 */
export interface PoolSettings {
  /** As the Host header names it. */
  readonly host: string;
  readonly connectionsMax: number;
  /** Longest wait for the first byte of an answer, and for each next one. */
  readonly answerTimeoutMs: number;
  readonly connect: Connect;
}

/** Who asks bounds what is under way; this is for one that does not. */
const waitingMax = 5_000;

export class ConnectionPool implements OutboundOrigin {
  readonly #settings: PoolSettings;
  readonly #waiting: Exchange[] = [];
  readonly #all = new Set<Connection>();
  /** The one used last is used next, so that those too many grow old. */
  readonly #free: Connection[] = [];
  #connecting = 0;
  #closing: PromiseWithResolvers<void> | null = null;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
  }

  request(request: OutboundRequest): Promise<OutboundAnswer> {
    const { signal } = request;
    if (signal.aborted) return Promise.resolve(notSent('ABORTED'));
    if (this.#closing !== null) return Promise.resolve(notSent('POOL_CLOSED'));
    if (this.#waiting.length >= waitingMax) return Promise.resolve(notSent('POOL_FULL'));
    const text = writeRequest(this.#settings.host, request);
    if (text === null) return Promise.resolve(notSent('REQUEST_UNWRITABLE'));
    return new Promise((resolve) => {
      const onAbort = (): void => this.#giveUp(exchange);
      const exchange: Exchange = {
        text,
        settle(answer) {
          signal.removeEventListener('abort', onAbort);
          resolve(answer);
        },
      };
      signal.addEventListener('abort', onAbort);
      const connection = this.#takeFree();
      if (connection !== null) {
        connection.send(exchange);
        return;
      }
      this.#waiting.push(exchange);
      this.#openMore();
    });
  }

  /** Lets what is under way come to its end; what is asked from now on is not sent. */
  close(): Promise<void> {
    this.#closing ??= Promise.withResolvers();
    this.#endIfDone();
    return this.#closing.promise;
  }

  #openMore(): void {
    const { connect, connectionsMax, answerTimeoutMs } = this.#settings;
    while (this.#connecting < this.#waiting.length && this.#all.size < connectionsMax) {
      this.#connecting++;
      let isUp = false;
      const connection = new Connection(connect, answerTimeoutMs, {
        onFree: (free) => {
          if (!isUp) this.#connecting--;
          isUp = true;
          this.#useAgain(free);
        },
        onGone: (gone, error, wasUp) => this.#forget(gone, error, wasUp),
      });
      this.#all.add(connection);
    }
  }

  /** A connection is free: for the request that waits longest, or to be kept. */
  #useAgain(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else connection.send(next);
    this.#endIfDone();
  }

  #forget(connection: Connection, error: Error, wasUp: boolean): void {
    this.#all.delete(connection);
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
    if (!wasUp) {
      this.#connecting--;
      // Each connection is begun for one request: its failure is that of one.
      this.#waiting.shift()?.settle({ kind: 'not_sent', reason: reasonOf(error) });
    }
    this.#openMore();
    this.#endIfDone();
  }

  #takeFree(): Connection | null {
    const nowMs = performance.now();
    for (;;) {
      const connection = this.#free.pop();
      if (connection === undefined) return null;
      if (connection.isUsable && connection.freeUntilMs > nowMs) return connection;
      connection.close();
    }
  }

  /** The caller's time is up: it leaves the queue, or its connection is broken off. */
  #giveUp(exchange: Exchange): void {
    const at = this.#waiting.indexOf(exchange);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      exchange.settle(notSent('ABORTED'));
      this.#endIfDone();
      return;
    }
    for (const connection of this.#all) {
      if (connection.carries(exchange)) connection.close(networkError('ABORTED'));
    }
  }

  #endIfDone(): void {
    if (this.#closing === null || this.#waiting.length > 0) return;
    for (const connection of this.#all) if (connection.isBusy) return;
    for (const connection of this.#all) connection.close();
    this.#closing.resolve();
  }
}

function notSent(code: Parameters<typeof networkError>[0]): OutboundAnswer {
  return { kind: 'not_sent', reason: reasonOf(networkError(code)) };
}
