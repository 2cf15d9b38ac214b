/**
 * The connection for what every request asks for, and the queue before it. One of them: with two
 * the batches are half as large, and what a batch costs however small it is weighs more than
 * waiting for the disk twice at a time. Measured with 64 callers on two cores, for a pair of start
 * and check: 0.11 ms of PostgreSQL's time against 0.19, 0.19 ms of this process's against 0.25;
 * with 1, 16 and 256 callers it is no slower either.
 *
 * Rules:
 * 1. What is asked for while a batch is under way goes as one batch of at most `batchMax`, so a
 *    slow database makes batches larger instead of queues longer.
 * 2. At most `waitingMax` operations wait, those that pause (4) among them. Beyond that the answer
 *    is `StorageUnavailable` at once: a caller that is told so can come back, one that waits for
 *    minutes cannot.
 * 3. A connection that breaks fails exactly what is under way, because nobody knows whether it was
 *    committed. What waits goes over the next one; where none can be made, it fails as well.
 * 4. Operations that met another node's are run again after a pause, apart from the others.
 * 5. A batch is answered when the next one is on its way: the database works while this process
 *    does what follows from the answers. So nothing may be waited for between the two.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { StorageUnavailable } from '#service/ports.ts';
import type { Attempt, Outcome } from '#storage/postgres/batch.ts';
import { createRenewed, type HotConnection } from '#storage/postgres/hot-connection.ts';
import type { Operation } from '#storage/postgres/operations.ts';
import { asStorageError, classifyPostgresError } from '#storage/postgres/postgres-error.ts';

const batchMax = 256;
const waitingMax = 10_000;
/** In each round that is lost somebody else has won. */
const roundsMax = 50;
const pauseMaxMs = 20;

interface Waiting {
  readonly attempt: Attempt;
  readonly rounds: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Answer = Exclude<Outcome, { kind: 'contended' }>;

export interface Lane {
  submit(operation: Operation<unknown>): Promise<unknown>;
  /** Finishes what was asked for, then closes the connection. */
  close(): Promise<void>;
}

export function createLane(
  connect: () => Promise<HotConnection>,
  run: (connection: HotConnection, batch: readonly Attempt[]) => Promise<readonly Outcome[]>,
): Lane {
  const fresh: Waiting[] = [];
  const contended: Waiting[] = [];
  let pausing = 0;
  let isWorking = false;
  const nextQueue = takeTurns(fresh, contended);
  const connection = createRenewed(connect);
  let closing: Promise<void> | null = null;
  let whenIdle = (): void => {};

  function begin(): void {
    if (isWorking) return;
    isWorking = true;
    // What else is asked for in this turn of the event loop goes along.
    setImmediate(() => void work());
  }

  async function work(): Promise<void> {
    let answer = (): void => {};
    while (fresh.length + contended.length > 0) {
      const running = runAll(nextQueue().splice(0, batchMax));
      answer();
      answer = await running;
    }
    answer();
    isWorking = false;
    if (pausing === 0) whenIdle();
  }

  /** Answers the function that tells what came of it. */
  async function runAll(batch: readonly Waiting[]): Promise<() => void> {
    let used = connection.current();
    try {
      used ??= await connection.renew();
      const attempts = batch.map(({ attempt }) => attempt);
      const outcomes = await run(used, attempts);
      return () => {
        for (const [index, one] of batch.entries()) settle(one, outcomes[index]);
      };
    } catch (error) {
      const reason = asStorageError(error);
      const failed = used === null ? [...batch, ...fresh.splice(0), ...contended.splice(0)] : batch;
      for (const { reject } of failed) reject(reason);
      if (classifyPostgresError(error).breaksConnection) await connection.drop();
      return () => {};
    }
  }

  function settle(one: Waiting, outcome: Outcome | undefined): void {
    if (outcome?.kind === 'contended') void again(one, outcome.keys);
    else answerOne(one, outcome);
  }

  async function again(one: Waiting, keys: Attempt['keys']): Promise<void> {
    const rounds = one.rounds + 1;
    if (rounds > roundsMax) return one.reject(new StorageUnavailable(tooContended));
    pausing++;
    // A different one at each node, or they would meet again.
    await pause(randomInt(Math.min(pauseMaxMs, rounds) + 1));
    pausing--;
    contended.push({ ...one, rounds, attempt: { ...one.attempt, keys } });
    begin();
  }

  async function drainAndClose(): Promise<void> {
    if (isWorking || pausing > 0) {
      await new Promise<void>((resolve) => {
        whenIdle = resolve;
      });
    }
    await connection.drop();
  }

  return {
    submit(operation) {
      const refusal = refuseMore(closing !== null, fresh.length + contended.length + pausing);
      if (refusal !== null) return Promise.reject(refusal);
      return new Promise((resolve, reject) => {
        fresh.push({ attempt: { operation, keys: [] }, rounds: 0, resolve, reject });
        begin();
      });
    },
    close() {
      closing ??= drainAndClose();
      return closing;
    },
  };
}

/** The queue whose turn it is, or the other one where that is empty. */
function takeTurns(fresh: Waiting[], contended: Waiting[]): () => Waiting[] {
  let isTurnOfContended = false;
  return () => {
    const isContended = contended.length > 0 && (isTurnOfContended || fresh.length === 0);
    isTurnOfContended = !isContended;
    return isContended ? contended : fresh;
  };
}

function answerOne({ resolve, reject }: Waiting, outcome: Answer | undefined): void {
  if (outcome?.kind === 'done') resolve(outcome.value);
  else reject(outcome?.error ?? new Error('A batch has left out an operation.'));
}

/** Why nothing more can be asked for now; null when it can. */
function refuseMore(isClosed: boolean, waiting: number): StorageUnavailable | null {
  if (isClosed) return new StorageUnavailable('The storage is closed.');
  return waiting < waitingMax ? null : new StorageUnavailable(tooManyWait);
}

const tooManyWait = 'Too many requests wait for the storage. Try again.';
const tooContended = 'Too many requests change the same at once. Try again.';
