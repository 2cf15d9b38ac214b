import { setTimeout as pause } from 'node:timers/promises';
import type { Gateway } from './gateway.ts';
import {
  type AnswerBody,
  type Attempt,
  answerOf,
  isDefinite,
  isOwedAnAnswer,
  type Operation,
  type OperationKind,
  referenceOf,
} from './history.ts';
import type { RandomSource } from './random-source.ts';

/** Where a request can go: every node takes the same ones. */
export interface Door {
  readonly url: string;
  readonly apiKey: string;
}

/** Longer than the servers wait for their storage before they answer 503. */
const answerTimeoutMs = 8_000;
/** Between two tries under one key: about what the `Retry-After` of a second would be halved to. */
const retryPauseMs = { min: 50, max: 300 };

/** Asks nodes and writes down what came of it. */
export interface Recorder {
  readonly operations: readonly Operation[];
  /** Does one thing; under a key until it is answered or `isOver`. */
  perform(wish: Wish, by: { random: RandomSource; isOver: () => boolean }): Promise<Operation>;
  /** Asks once more for the same, at one node. */
  repeat(operation: Operation, node: number): Promise<Attempt>;
}

export interface Wish {
  readonly kind: OperationKind;
  readonly isKeyed: boolean;
  readonly verificationId: string | null;
  readonly body: Readonly<Record<string, unknown>>;
  /** At this node and no other. */
  readonly node?: number;
}

export function createRecorder(doors: readonly Door[]): Recorder {
  const operations: Operation[] = [];

  async function repeat(operation: Operation, node: number): Promise<Attempt> {
    const door = doors[node];
    if (door === undefined) throw new Error(`there is no node ${node}`);
    const startedAtMs = performance.now();
    const answer = await ask(door, operation);
    const attempt = { node, startedAtMs, endedAtMs: performance.now(), ...answer };
    operation.attempts.push(attempt);
    return attempt;
  }

  return {
    operations,
    repeat,
    async perform(wish, { random, isOver }) {
      const number = operations.length;
      const { kind, verificationId } = wish;
      const key = wish.isKeyed ? `key-${number}` : null;
      const body = kind === 'start' ? { ...wish.body, ...startOf(number) } : wish.body;
      const operation: Operation = { number, kind, key, verificationId, body, attempts: [] };
      operations.push(operation);
      do {
        const node = wish.node ?? random.below(doors.length);
        const attempt = await repeat(operation, node);
        if (isDefinite(attempt)) break;
        await pause(random.between(retryPauseMs.min, retryPauseMs.max));
      } while (isOwedAnAnswer(operation) && !isOver());
      return operation;
    },
  };
}

/** Every start is for somebody else, so that no limit of a recipient stands in the way. */
function startOf(number: number): Readonly<Record<string, unknown>> {
  return {
    recipient: `person-${number}@example.com`,
    reference: referenceOf({ number }),
  };
}

type Told = Pick<Attempt, 'status' | 'isReplay' | 'text' | 'body'>;

async function ask(door: Door, operation: Operation): Promise<Told> {
  const { kind, key, verificationId } = operation;
  const path = kind === 'start' ? '' : `/${verificationId}/${kind}`;
  try {
    const response = await fetch(`${door.url}/v1/verifications${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${door.apiKey}`,
        'content-type': 'application/json',
        ...(key === null ? {} : { 'idempotency-key': key }),
      },
      body: JSON.stringify(operation.body),
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    const text = await response.text();
    const isReplay = response.headers.get('idempotent-replayed') === 'true';
    return { status: response.status, isReplay, text, body: JSON.parse(text) as AnswerBody };
  } catch {
    return { status: null, isReplay: false, text: '', body: {} };
  }
}

type Habit = 'proves' | 'errs first' | 'errs to the end' | 'asks twice' | 'cancels' | 'leaves';

/** What clients do with a person, as often as each comes up. */
const habits: readonly Habit[] = [
  ...Array<Habit>(8).fill('proves'),
  ...Array<Habit>(3).fill('errs first'),
  'errs to the end',
  ...Array<Habit>(2).fill('asks twice'),
  ...Array<Habit>(2).fill('cancels'),
  ...Array<Habit>(2).fill('leaves'),
];
/** One that the person never typed, and that is longer than any code of theirs. */
const wrongCode = '0000000000';
const checksMax = 5;
const messageWaitMs = 900;

interface Client {
  readonly recorder: Recorder;
  readonly gateway: Gateway;
  readonly random: RandomSource;
  readonly isOver: () => boolean;
}

/** One client: proves people one after the other until the load is over. */
export async function runClient(client: Client): Promise<void> {
  const left: string[] = [];
  while (!client.isOver()) {
    const { random } = client;
    const older = random.chance(0.2) ? left.shift() : undefined;
    if (older === undefined) await proveSomebody(client, left);
    else await sendAgain(client, older);
    await pause(random.below(30));
  }
}

async function proveSomebody(client: Client, left: string[]): Promise<void> {
  const { random, gateway } = client;
  const habit = random.pick(habits);
  const id = answerOf(await act(client, 'start', null, {}))?.body.id;
  if (id === undefined) return;
  if (habit === 'leaves') {
    left.push(id);
    return;
  }
  if (habit === 'cancels') {
    await act(client, 'cancel', id, {});
    return;
  }
  if (habit === 'errs to the end') {
    for (let guess = 0; guess <= checksMax; guess++) await check(client, id, wrongCode);
    return;
  }
  if (habit === 'errs first') await check(client, id, wrongCode);
  const code = await gateway.messageOf(id, 0, messageWaitMs);
  // It did not come in time: the person asks for it again later.
  if (code === null) left.push(id);
  else if (habit !== 'asks twice') await check(client, id, code);
  else await Promise.all([check(client, id, code), check(client, id, code)]);
}

/** A resend is refused until its waiting time is over, which the run's clock sees to. */
async function sendAgain(client: Client, id: string): Promise<void> {
  const { gateway, random } = client;
  const seen = gateway.messages.filter(({ verificationId }) => verificationId === id).length;
  const resent = answerOf(await act(client, 'resend', id, {}));
  const wasSent = resent?.status === 200;
  const code = await gateway.messageOf(id, wasSent ? seen : 0, wasSent ? messageWaitMs : 0);
  if (code !== null && random.chance(0.8)) await check(client, id, code);
}

function check(client: Client, id: string, code: string): Promise<Operation> {
  return act(client, 'check', id, { code });
}

function act(
  { recorder, random, isOver }: Client,
  kind: OperationKind,
  verificationId: string | null,
  body: Readonly<Record<string, unknown>>,
): Promise<Operation> {
  const isKeyed = random.chance(0.6);
  return recorder.perform({ kind, isKeyed, verificationId, body }, { random, isOver });
}
