import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, callServer } from '../end-to-end/running-server.ts';
import type { Gateway } from './gateway.ts';
import { answerOf, isAcknowledged, isDefinite, isOwedAnAnswer, verificationOf } from './history.ts';
import type { Recorder } from './load.ts';
import type { NodeUnderTest } from './node-under-test.ts';
import type { RandomSource } from './random-source.ts';
import type { OpenSystem } from './system-under-test.ts';

export interface Recovery {
  /** From the end of the last fault, when all processes are up, until all is well. */
  readonly recoveryMs: number;
  /** Until every request with a key was answered. */
  readonly answersMs: number;
  readonly violations: readonly string[];
  /** The statuses of all acknowledged verifications, as the API tells them now. */
  readEverything(): Promise<ReadonlyMap<string, string>>;
}

const recoveryMaxMs = 10_000;
/**
 * A request whose answer could not be kept holds its key for six seconds, which are a ninth longer
 * where the clock was set back; a repeated one is told to come again until then.
 */
const answersMaxMs = 10_000;
/** A run whose servers do not recover is not waited for much longer than it may take. */
const givenUpMs = 25_000;
const pollMs = 50;
const readsAtOnce = 8;

interface RecoveryParts {
  readonly recorder: Recorder;
  readonly gateway: Gateway;
  readonly random: RandomSource;
  /** When the last fault was over, and every process up again. */
  readonly overAtMs: number;
  /** When the clients have put down what they were at. */
  readonly whenAlone: Promise<unknown>;
}

/**
 * Waits until every node is ready and proves somebody, every message is delivered or given up, and
 * every keyed request has its answer.
 */
export async function recover(open: OpenSystem, parts: RecoveryParts): Promise<Recovery> {
  const { recorder, overAtMs } = parts;
  const within = (maxMs: number, what: string, look: () => Promise<boolean>) =>
    until({ what, maxMs, deadlineMs: overAtMs + givenUpMs }, look);
  const [answered, ...recovered] = await Promise.all([
    parts.whenAlone.then(() =>
      within(answersMaxMs, 'every key is answered', () => answerOwed(open, parts)),
    ),
    within(recoveryMaxMs, 'every message is decided', () => areDecided(open)),
    ...open.nodes.map((node, index) =>
      within(recoveryMaxMs, `node ${index} serves`, () => serves(node, index, parts)),
    ),
  ]);
  // A request that no node had heard of yet came through now, and has messages of its own.
  const last = await within(givenUpMs, 'the last messages are decided', () => areDecided(open));
  const late = [answered, ...recovered, last].filter(
    ({ isDone, doneAtMs, maxMs }) => !isDone || doneAtMs - overAtMs > maxMs,
  );
  return {
    recoveryMs: Math.max(...recovered.map(({ doneAtMs }) => doneAtMs)) - overAtMs,
    answersMs: answered.doneAtMs - overAtMs,
    violations: late.map(({ what, isDone, doneAtMs }) => {
      const tookMs = Math.round(doneAtMs - overAtMs);
      return `recovery takes ten seconds at most: ${what} ${isDone ? 'late' : 'not'}, ${tookMs} ms`;
    }),
    readEverything: async () =>
      new Map(
        (await readAll(open, idsOf(recorder))).flatMap(({ id, answer }) =>
          answer?.status === 200 ? [[id, answer.body.status as string] as const] : [],
        ),
      ),
  };
}

interface Goal {
  readonly what: string;
  /** After the end of the last fault. */
  readonly maxMs: number;
  readonly deadlineMs: number;
}

async function until(goal: Goal, look: () => Promise<boolean>) {
  for (;;) {
    const isDone = await look();
    const doneAtMs = performance.now();
    if (isDone || doneAtMs > goal.deadlineMs) return { ...goal, isDone, doneAtMs };
    await pause(pollMs);
  }
}

/** Ready, and a whole pair of start and check goes through. */
async function serves(
  node: NodeUnderTest,
  index: number,
  { recorder, gateway, random }: RecoveryParts,
): Promise<boolean> {
  const ready = await fetch(`${node.url}/readyz`).catch(() => null);
  await ready?.text();
  if (ready?.status !== 200) return false;
  const by = { random, isOver: () => true };
  // Without a key: a pair that does not go through is tried again as another one.
  const once = { isKeyed: false, node: index };
  const start = { ...once, kind: 'start', verificationId: null, body: {} } as const;
  const verificationId = answerOf(await recorder.perform(start, by))?.body.id;
  if (verificationId === undefined) return false;
  const code = await gateway.messageOf(verificationId, 0, 1_000);
  if (code === null) return false;
  const check = { ...once, kind: 'check', verificationId, body: { code } } as const;
  return answerOf(await recorder.perform(check, by))?.body.approved === true;
}

/** Asks again for what was never answered, each time at any node. */
async function answerOwed(
  { nodes }: OpenSystem,
  { recorder, random }: RecoveryParts,
): Promise<boolean> {
  const owed = recorder.operations.filter(isOwedAnAnswer);
  const answers = await Promise.all(
    owed.map((operation) => recorder.repeat(operation, random.below(nodes.length))),
  );
  return answers.every(isDefinite);
}

/** Of every verification that there is, those whose starter never heard of them included. */
async function areDecided({ nodes }: OpenSystem): Promise<boolean> {
  let cursor: string | null = '';
  while (cursor !== null) {
    const node = nodes[0];
    if (node === undefined) throw new Error('there is no node');
    const from = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const path = `/v1/verifications?limit=${listLimit}${from}`;
    const answer: Answer | null = await callServer(node, 'GET', path).catch(() => null);
    if (answer?.status !== 200) return false;
    const { items, nextCursor } = answer.body as Page;
    const deliveries = items.flatMap((item) => item.deliveries);
    if (deliveries.some(({ status }) => status === 'queued')) return false;
    cursor = nextCursor;
  }
  return true;
}

interface Page {
  readonly items: readonly { readonly deliveries: readonly { readonly status: string }[] }[];
  readonly nextCursor: string | null;
}

const listLimit = 200;

function idsOf({ operations }: Recorder): readonly string[] {
  return operations
    .filter((operation) => operation.kind === 'start' && isAcknowledged(operation))
    .flatMap((operation) => verificationOf(operation) ?? []);
}

async function readAll(
  { nodes }: OpenSystem,
  ids: readonly string[],
): Promise<readonly { id: string; answer: Answer | null }[]> {
  const left = [...ids];
  const read: { id: string; answer: Answer | null }[] = [];
  async function readOn(): Promise<void> {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      const node = nodes[read.length % nodes.length];
      if (node === undefined) throw new Error('there is no node');
      const path = `/v1/verifications/${id}`;
      const answer = await callServer(node, 'GET', path).catch(() => null);
      read.push({ id, answer });
    }
  }
  await Promise.all(Array.from({ length: readsAtOnce }, readOn));
  return read;
}
