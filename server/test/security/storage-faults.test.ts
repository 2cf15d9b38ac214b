import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import type { Result } from '#domain/refusal.ts';
import { type Storage, StorageUnavailable } from '#service/ports.ts';
import {
  createTestProvider,
  type OpenedService,
  openService,
  refusalOf,
  take,
  wrong,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

/**
 * The fault matrix (security.md, G-06 and K-08): storage fails once, at each of its calls in turn,
 * before it did anything or after it did and before it could say so. Then the node is gone, another
 * one opens the database, and the client does what clients do: it repeats the request under its
 * Idempotency-Key. However that falls, nothing is sent without a record, nothing is compared
 * without a spent guess, and the right code approves in the end, once.
 */
type When = 'before' | 'after';

interface Fault {
  /** Calls until it happens, the one that fails included. */
  callsLeft: number;
  readonly when: When;
  /** The call that failed. */
  hit: string | null;
}

/** Every function of the port, one of which fails when its turn comes. */
function failing(storage: Storage, fault: Fault): Storage {
  async function callOrFail(name: string, call: () => Promise<unknown>): Promise<unknown> {
    if (fault.hit !== null || --fault.callsLeft > 0) return call();
    fault.hit = name;
    if (fault.when === 'after') await call();
    throw new StorageUnavailable('The line to the storage broke.');
  }
  const parts = Object.entries(storage).map(([name, part]) => {
    if (typeof part !== 'function' || name === 'close') return [name, part];
    return [name, (...args: unknown[]) => callOrFail(name, () => part(...args))];
  });
  return Object.fromEntries(parts);
}

/** One fault, and the nodes that live with it one after the other. */
async function openBench(callsLeft: number, when: When) {
  // Far away until the first node has been built: what is tried out are requests.
  const fault: Fault = { callsLeft: Number.POSITIVE_INFINITY, when, hit: null };
  const provider = createTestProvider();
  const first = await openService({
    providers: [provider],
    around: (storage) => failing(storage, fault),
  });
  const nodes: [OpenedService, ...OpenedService[]] = [first];
  const caller = await first.newCaller();
  fault.callsLeft = callsLeft;

  /** The node of the moment: another one once the first has met its fault. */
  async function node(): Promise<OpenedService> {
    if (fault.hit !== null && nodes.length === 1) {
      await first.whenIdle();
      await first.abandon();
      const next = await openService({ folder: first.folder, providers: [provider] });
      await next.maintenance.deliverDue();
      nodes.push(next);
    }
    const current = nodes.at(-1) ?? first;
    await current.whenIdle();
    return current;
  }

  return {
    fault,
    caller,
    provider,
    node,
    comparisons: (id: string) => nodes.reduce((sum, one) => sum + one.comparisons(id), 0),
    /** Repeats a step until there is an answer. */
    async insist<Value>(step: (of: OpenedService) => Promise<Result<Value>>): Promise<Value> {
      for (let round = 0; round < 3; round++) {
        const of = await node();
        const result = await step(of).catch((error: unknown) => {
          assert.ok(error instanceof StorageUnavailable, String(error));
          return null;
        });
        if (result?.ok) return result.value;
        if (result !== null) assert.equal(refusalOf(result).code, 'idempotency_key_in_use');
        await (await node()).advance(10);
      }
      throw new Error('The step never came through.');
    },
    async pass(seconds: number): Promise<void> {
      const of = await node();
      await of.advance(seconds).catch((error: unknown) => {
        assert.ok(error instanceof StorageUnavailable, String(error));
      });
    },
    async close(): Promise<void> {
      await (await node()).abandon();
      rmSync(first.folder, { recursive: true });
    },
  };
}

type Bench = Awaited<ReturnType<typeof openBench>>;

/** A start, a wrong guess, a resend and the right guess, each under a key of its own. */
async function proveOnce(bench: Bench) {
  const { caller, provider } = bench;
  const started = await bench.insist(({ service }) =>
    service.startVerification(caller, { recipient: '+14155550123' }, 'start'),
  );
  const verificationId = started.view.id;
  const miss = { verificationId, code: '!!!!!!' };
  const missed = await bench.insist(({ service }) => service.checkCode(caller, miss, 'miss'));
  await bench.pass(40);
  const resend = { verificationId };
  await bench.insist(({ service }) => service.resendCode(caller, resend, 'resend'));
  await bench.node();
  const newest = provider.handed.at(-1);
  assert.ok(newest?.code, 'a code was handed over');
  const right = { verificationId, code: newest.code };
  const proved = await bench.insist(({ service }) => service.checkCode(caller, right, 'right'));
  await bench.node();
  // What is read from here on is the test's own doing.
  bench.fault.callsLeft = Number.POSITIVE_INFINITY;
  return { verificationId, code: right.code, missed: missed.view, proved: proved.view };
}

/** Every message belongs to a delivery that is on record; a second hand-over says what it is. */
function assertRecorded(bench: Bench, deliveryIds: readonly string[], what: string): void {
  assert.equal(deliveryIds.length, 2, `${what}: a start and a resend`);
  const { handed } = bench.provider;
  for (const { deliveryId } of handed) assert.ok(deliveryIds.includes(deliveryId), what);
  for (const id of deliveryIds) {
    const doubts = handed
      .filter(({ deliveryId }) => deliveryId === id)
      .map(({ isPossibleDuplicate }) => isPossibleDuplicate);
    // The code is the same both times, so a person who gets two messages can use either.
    assert.ok(doubts.length <= 1 || (doubts.length === 2 && doubts[1] === true), what);
  }
}

/** Which call failed; null when the fault lies beyond the last call. */
async function tryFault(callsLeft: number, when: When): Promise<string | null> {
  const bench = await openBench(callsLeft, when);
  try {
    const { verificationId: id, code, missed, proved } = await proveOnce(bench);
    const { hit } = bench.fault;
    const what = `call ${callsLeft}, ${hit}, failed ${when} it did its work`;
    assert.deepEqual([missed.approved, missed.reason, missed.checksLeft], [false, 'wrong_code', 4]);
    assert.equal(proved.approved, true, what);
    assert.ok(proved.proof, what);
    const last = await bench.node();
    const view = take(await last.service.readVerification(bench.caller, id));
    assert.equal(view.status, 'approved', what);
    const events = view.history.map(({ event }) => event);
    assert.equal(events.filter((event) => event === 'approved').length, 1, what);
    assert.equal(events.filter((event) => event === 'wrong_code').length, 1, what);
    // Two guesses were spent; the one whose settling was lost is compared again, and is the same.
    // A message that goes out again opens the code too, to be composed.
    const again = bench.provider.handed.filter((message) => message.isPossibleDuplicate).length;
    assert.ok(bench.comparisons(id) - again <= (hit === 'settleGuess' ? 3 : 2), what);
    const used = await last.check(bench.caller, id, code);
    assert.deepEqual([used.approved, used.reason], [false, 'already_used'], what);
    const deliveryIds = view.deliveries.map(({ id: deliveryId }) => deliveryId);
    assertRecorded(bench, deliveryIds, what);
    return hit;
  } finally {
    await bench.close();
  }
}

/** Benches open at once: most of their time is waiting for a disk. */
const together = 4;

for (const when of ['before', 'after'] as const) {
  test(`storage may fail ${when} any step: no send or approval goes unrecorded`, async () => {
    const hits = new Set<string>();
    let isThrough = false;
    for (let first = 1; !isThrough && first < 100; first += together) {
      const numbers = Array.from({ length: together }, (_, index) => first + index);
      for (const hit of await Promise.all(numbers.map((number) => tryFault(number, when)))) {
        if (hit === null) isThrough = true;
        else hits.add(hit);
      }
    }
    assert.ok(isThrough, 'the steps have an end');
    const must = ['startVerification', 'consumeGuess', 'settleGuess', 'resendCode', 'keepAnswer'];
    for (const step of [...must, 'recordAttempts']) assert.ok(hits.has(step), `${step} was tried`);
  });
}

test('a guess that cannot be counted is not compared', async () => {
  const bench = await openBench(Number.POSITIVE_INFINITY, 'before');
  const { caller, fault } = bench;
  const node = await bench.node();
  const { id } = await node.start(caller);
  await node.whenIdle();
  const code = node.codeOf(id);
  const check = { verificationId: id, code };
  for (let guess = 0; guess < 20; guess++) {
    Object.assign(fault, { callsLeft: 1, hit: null });
    await assert.rejects(node.service.checkCode(caller, check, null), StorageUnavailable);
    assert.equal(fault.hit, 'consumeGuess');
  }
  assert.equal(node.comparisons(id), 0);
  assert.equal((await node.check(caller, id, wrong(code))).checksLeft, 4);
  assert.equal((await node.check(caller, id, code)).approved, true);
  await bench.close();
});

test('a start that cannot be recorded sends nothing', async () => {
  const bench = await openBench(Number.POSITIVE_INFINITY, 'before');
  const { caller, fault, provider } = bench;
  const node = await bench.node();
  const start = (by: Caller) =>
    node.service.startVerification(by, { recipient: '+14155550123' }, null);
  // Reading the template and the like comes first: every call before the record fails in turn.
  for (let callsLeft = 1; fault.hit !== 'startVerification'; callsLeft++) {
    assert.ok(callsLeft < 20, 'the record was never tried');
    Object.assign(fault, { callsLeft, hit: null });
    await assert.rejects(start(caller), StorageUnavailable);
  }
  await node.whenIdle();
  assert.equal(provider.handed.length, 0);
  take(await start(caller));
  await node.whenIdle();
  assert.equal(provider.handed.length, 1);
  await bench.close();
});
