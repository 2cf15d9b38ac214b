/** One person at a time: starts, waits for the message, checks. */
import { type CallText, compileCall } from './call-text.ts';
import { type Answer, type Connection, openConnection } from './connection.ts';
import type { FreshNumber } from './fresh-numbers.ts';
import type { Gateways } from './gateways.ts';
import { textAfter } from './http-text.ts';
import type { AnswerShape, SystemShape } from './protocol.ts';

/** A verification whose code has come. */
export interface Started {
  readonly number: string;
  readonly id: string;
  readonly code: string;
  readonly startMs: number;
  /** From the sending of the start to the call of the gateway. */
  readonly handOverMs: number;
}

export interface Caller {
  /** Starts for a fresh number and waits for the code. */
  start(): Promise<Started>;
  /** Starts, and does not wait for a code: for gateways that take none. */
  startOnly(): Promise<void>;
  /** Checks the right code, which has to be approved; answers the milliseconds that it took. */
  checkRight(started: Started): Promise<number>;
  /** Checks another code, which has to be wrong. */
  checkWrong(started: Started): Promise<number>;
  /** Since when it waits for something. */
  readonly busySinceMs: number;
  close(): void;
}

interface Node {
  readonly connection: Connection;
  readonly start: CallText;
  readonly check: CallText;
}

export async function openCaller(
  shape: SystemShape,
  place: number,
  gateways: Gateways,
  freshNumber: FreshNumber,
): Promise<Caller> {
  const nodes = await Promise.all(
    shape.ports.map(async (port): Promise<Node> => {
      const connection = await openConnection(port);
      const [start, check] = [compileCall(shape.start, port), compileCall(shape.check, port)];
      return { connection, start, check };
    }),
  );
  // Callers begin at different nodes, and a pair's check goes to another node than its start did.
  let turn = place;
  let busySinceMs = performance.now();

  function nextNode(): Node {
    const node = nodes[turn++ % nodes.length];
    if (node === undefined) throw new Error('A system has no port.');
    return node;
  }

  async function begin(number: string): Promise<{ id: string; sentAtMs: number; endMs: number }> {
    const { connection, start } = nextNode();
    const sentAtMs = performance.now();
    busySinceMs = sentAtMs;
    const answer = await connection.ask(start({ number, id: '', code: '' }));
    const endMs = performance.now();
    must(answer, shape.started, 'A start');
    const id = shape.idAfter === null ? number : textAfter(answer.body, shape.idAfter);
    if (id === null) throw new Error(`A start told no id: ${shortened(answer.body)}`);
    return { id, sentAtMs, endMs };
  }

  async function check(values: Started, expected: AnswerShape, what: string): Promise<number> {
    const { connection, check: text } = nextNode();
    const sentAtMs = performance.now();
    busySinceMs = sentAtMs;
    must(await connection.ask(text(values)), expected, what);
    return performance.now() - sentAtMs;
  }

  return {
    async start() {
      const number = freshNumber(shape.numbersOf);
      // The message may come before the answer does.
      const message = gateways.messageTo(number);
      const { id, sentAtMs, endMs } = await begin(number);
      const { code, atMs } = await message;
      return { number, id, code, startMs: endMs - sentAtMs, handOverMs: atMs - sentAtMs };
    },
    async startOnly() {
      await begin(freshNumber(shape.numbersOf));
    },
    checkRight: (started) => check(started, shape.approved, 'A check of the right code'),
    checkWrong: (started) =>
      check(
        { ...started, code: anotherCode(started.code) },
        shape.wrong,
        'A check of a wrong code',
      ),
    get busySinceMs() {
      return busySinceMs;
    },
    close() {
      for (const { connection } of nodes) connection.close();
    },
  };
}

/** The same code but for its last character. */
function anotherCode(code: string): string {
  return `${code.slice(0, -1)}${code.endsWith('7') ? '3' : '7'}`;
}

function must({ status, body }: Answer, expected: AnswerShape, what: string): void {
  if (status === expected.status && body.includes(expected.contains)) return;
  throw new Error(
    `${what} was answered ${status} ${shortened(body)}, and not ${expected.status} with ` +
      `${expected.contains || 'any body'}.`,
  );
}

function shortened(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
