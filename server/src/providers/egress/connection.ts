import type { Socket } from 'node:net';
import { AnswerReader, type Progress } from './answer-reader.ts';
import { answerBytesMax, type OutboundAnswer } from './http-exchange.ts';
import { networkError, reasonOf } from './network-error.ts';

/** A request that waits for a connection, or is under way on one. */
export interface Exchange {
  /** Head and body, as they go over the wire. */
  readonly text: string;
  /** Only the first answer counts. */
  readonly settle: (answer: OutboundAnswer) => void;
}

/** What a connection tells its pool. */
export interface ConnectionEvents {
  /** It is up, or done with a request, and clean: it can take the next. */
  readonly onFree: (connection: Connection) => void;
  /** It is gone; `error` says why, and `wasUp` whether it ever could take a request. */
  readonly onGone: (connection: Connection, error: Error, wasUp: boolean) => void;
}

/** Begins a connection; `whenUp` comes once it can be written to. */
export type Connect = (whenUp: () => void) => Socket;

const connectTimeoutMs = 5_000;
/** Most servers close idle connections after 5 s and more; a request must not meet that. */
const idleMsMax = 4_000;
/** Of the time that a server tells: for a request on its way while the server closes. */
const idleMarginMs = 1_000;

/**
 * One connection that carries one request at a time.
 *
 * Rules:
 * 1. A request leaves whole, in one write, when the connection is up. From then on nobody can tell
 *    whether the other side acted on it, whatever goes wrong; only a write that fails on the spot
 *    has certainly sent nothing.
 * 2. Nothing that a connection says unasked is read, and none is kept that an answer left unclean.
 */
export class Connection {
  /** When it has been free for too long to take another request. */
  freeUntilMs = 0;
  #exchange: Exchange | null = null;
  #reader: AnswerReader | null = null;
  #isUp = false;
  #error: Error | null = null;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;

  constructor(connect: Connect, answerTimeoutMs: number, events: ConnectionEvents) {
    this.#events = events;
    const socket = connect(() => {
      this.#isUp = true;
      socket.setTimeout(answerTimeoutMs);
      this.#becomeFree(idleMsMax);
    });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(connectTimeoutMs);
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('end', () => this.#receiveEnd());
    socket.on('timeout', () => {
      socket.destroy(networkError(this.#isUp ? 'ANSWER_TIMEOUT' : 'CONNECT_TIMEOUT'));
    });
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => this.#leave());
  }

  /**
   * Whether it can still be written to and answered. It is told to be gone a turn of the event loop
   * after it failed or was ended; a request must not be lost in between.
   */
  get isUsable(): boolean {
    return this.#socket.writable && this.#socket.readable;
  }

  get isBusy(): boolean {
    return this.#exchange !== null;
  }

  carries(exchange: Exchange): boolean {
    return this.#exchange === exchange;
  }

  send(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#reader = new AnswerReader(answerBytesMax);
    this.#socket.write(exchange.text);
    // The write is tried at once, and fails before it returns only where no byte was taken.
    const { errored } = this.#socket;
    if (errored !== null) this.#settle({ kind: 'not_sent', reason: reasonOf(errored) });
  }

  /** Breaks off what is under way. */
  close(error?: Error): void {
    if (error !== undefined) this.#break(error);
    this.#socket.destroy();
  }

  #becomeFree(idleMs: number): void {
    this.freeUntilMs = performance.now() + idleMs;
    this.#events.onFree(this);
  }

  #receive(bytes: Buffer): void {
    // Nobody asked: whatever it is, it must not become the answer of the next request.
    if (this.#reader === null) this.#socket.destroy();
    else this.#advance(this.#reader, this.#reader.push(bytes));
  }

  #receiveEnd(): void {
    if (this.#reader?.end() === 'done') this.#advance(this.#reader, 'over');
    this.#socket.destroy();
  }

  #advance(reader: AnswerReader, progress: Progress): void {
    switch (progress) {
      case 'more':
        return;
      case 'broken':
        this.#socket.destroy(networkError('ANSWER_BROKEN'));
        return;
      case 'headers_too_large':
        this.#socket.destroy(networkError('HEADERS_TOO_LARGE'));
        return;
      default:
        this.#settle(answered(reader, progress === 'full'));
        this.#keepAfter(reader, progress);
    }
  }

  #keepAfter(reader: AnswerReader, progress: Progress): void {
    const idleMs = Math.min(idleMsMax, reader.keepAliveSeconds * 1_000 - idleMarginMs);
    // Who answers before the request was all sent may not read the rest of it: what would come
    // behind it is not certain to be taken for a request.
    const isSent = this.#socket.writableLength === 0;
    const isClean = progress === 'done' && isSent;
    if (isClean && reader.isKept && idleMs > 0) this.#becomeFree(idleMs);
    else this.#socket.destroy();
  }

  #settle(answer: OutboundAnswer): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#reader = null;
    exchange?.settle(answer);
  }

  /** What was under way ends with its answer as far as it came, or with what nobody knows. */
  #break(error: Error): void {
    const reader = this.#reader;
    const isBegun = reader !== null && reader.status !== 0;
    this.#settle(isBegun ? answered(reader, true) : { kind: 'lost', reason: reasonOf(error) });
  }

  #leave(): void {
    const error = this.#error ?? networkError('CONNECTION_CLOSED');
    this.#break(error);
    this.#events.onGone(this, error, this.#isUp);
  }
}

function answered(reader: AnswerReader, isCutShort: boolean): OutboundAnswer {
  const { status, headers } = reader;
  return { kind: 'answered', status, headers, body: reader.body(), isCutShort };
}
