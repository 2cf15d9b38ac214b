import assert from 'node:assert/strict';
import { type IdempotencyEntry, refusedOutcome } from '#service/ports.ts';
import { type Bench, type DefinePromise, dayMs, inParallel, key, minuteMs } from './fixture.ts';

interface Step {
  readonly name: string;
  /** Makes what the step works on, and answers the step. */
  prepare(bench: Bench): Promise<(idempotency: IdempotencyEntry) => Promise<{ kind: string }>>;
  readonly does: string;
  readonly outcome: string | null;
}

const steps: readonly Step[] = [
  {
    name: 'start',
    does: 'started',
    outcome: 'started',
    prepare: async (bench) => (idempotency) => bench.tryStart({ idempotency }),
  },
  {
    name: 'check',
    does: 'consumed',
    outcome: null,
    async prepare(bench) {
      const { verification } = await bench.start();
      return (idempotency) => bench.tryConsume(verification.id, { idempotency });
    },
  },
  {
    name: 'check of one that is over',
    does: 'not_admitted',
    outcome: 'canceled',
    async prepare(bench) {
      const { verification } = await bench.start();
      await bench.cancel(verification.id);
      return (idempotency) => bench.tryConsume(verification.id, { idempotency });
    },
  },
  {
    name: 'resend',
    does: 'resent',
    outcome: 'resent',
    async prepare(bench) {
      const { verification } = await bench.start();
      await bench.advance(minuteMs);
      return (idempotency) => bench.tryResend(verification.id, { idempotency });
    },
  },
  {
    name: 'cancel',
    does: 'canceled',
    outcome: 'canceled',
    async prepare(bench) {
      const { verification } = await bench.start();
      return (idempotency) => bench.cancel(verification.id, idempotency);
    },
  },
];

/** Everything a step could have changed. */
async function snapshot(bench: Bench): Promise<unknown> {
  const { items } = await bench.list();
  return items.map(({ verification, deliveries }) => ({ verification, deliveries }));
}

export function testIdempotency(promise: DefinePromise): void {
  for (const step of steps) testStep(promise, step);
  testSettling(promise);
  testRefusals(promise);
}

function testStep(promise: DefinePromise, { name, does, outcome, prepare }: Step): void {
  promise(`a repeated ${name} does nothing and finds the kept answer`, async (bench) => {
    const run = await prepare(bench);
    assert.equal((await run(key('a'))).kind, does);
    const after = await snapshot(bench);
    assert.deepEqual(await run(key('a')), { kind: 'key_in_use' });
    assert.deepEqual(await run(key('a', 'another')), { kind: 'key_reused' });
    await bench.storage.keepAnswer(key('a').keyHash, 'sealed answer');
    await bench.storage.keepAnswer(key('a').keyHash, 'a later answer');
    await bench.reopen();
    const repeated = await bench.storage.findRepeated(key('a'));
    assert.equal(repeated?.kind === 'repeated' && repeated.sealedAnswer, 'sealed answer');
    assert.deepEqual(await run(key('a')), repeated);
    assert.equal(await bench.storage.findRepeated(key('never used')), null);
    assert.deepEqual(await run(key('a', 'another')), { kind: 'key_reused' });
    assert.deepEqual(await snapshot(bench), after);
  });

  promise(`of parallel calls of ${name} with one key one is done`, async (bench) => {
    const run = await prepare(bench);
    const outcomes = await inParallel(20, () => run(key('a')));
    assert.equal(outcomes.filter(({ kind }) => kind === does).length, 1);
    assert.equal(outcomes.filter(({ kind }) => kind === 'key_in_use').length, 19);
  });

  promise(`a ${name} whose answer was lost can be answered anew, by one`, async (bench) => {
    const run = await prepare(bench);
    await run(key('a'));
    await bench.advance(minuteMs);
    const outcomes = await inParallel(5, () => run(key('a')));
    const unanswered = outcomes.filter(({ kind }) => kind === 'unanswered');
    assert.equal(unanswered.length, 1);
    const id = (await bench.list()).items[0]?.verification.id;
    assert.deepEqual(unanswered[0], { kind: 'unanswered', verificationId: id, outcome });
  });
}

function testSettling(promise: DefinePromise): void {
  promise('a lost check says what it was settled as, and is settled once', async (bench) => {
    const { verification } = await bench.start();
    const consumed = await bench.consume(verification.id, { idempotency: key('a') });
    assert.equal((await bench.settle(consumed, true, { idempotency: key('a') })).reason, null);
    const approved = await bench.read(verification.id);
    for (const isRight of [true, false]) {
      const again = await bench.settle(consumed, isRight, { idempotency: key('a') });
      assert.equal(again.reason, null);
    }
    assert.deepEqual(await bench.read(verification.id), approved);
    await bench.advance(minuteMs);
    const lost = await bench.tryConsume(verification.id, { idempotency: key('a') });
    assert.equal(lost.kind === 'unanswered' && lost.outcome, 'approved');
  });

  promise('a refused step is not remembered: it may pass later', async (bench) => {
    const limits = [{ name: 'recipient_sends_interval', max: 1, windowSeconds: 30 }];
    const { verification } = await bench.start();
    const ledgers = [{ key: verification.ledgerKey, count: 1, limits }];
    const refused = await bench.tryStart({ ledgers, idempotency: key('a') });
    assert.equal(refused.kind, 'refused');
    await bench.advance(minuteMs);
    assert.equal((await bench.tryStart({ ledgers, idempotency: key('a') })).kind, 'started');
  });

  promise('a key is kept for 24 hours', async (bench) => {
    await bench.start({ idempotency: key('a') });
    await bench.storage.keepAnswer(key('a').keyHash, 'sealed answer');
    await bench.advance(dayMs - minuteMs);
    await bench.storage.purge(100);
    const kept = await bench.tryStart({ idempotency: key('a') });
    assert.equal(kept.kind, 'repeated');
    await bench.advance(2 * minuteMs);
    await bench.storage.purge(100);
    assert.equal((await bench.tryStart({ idempotency: key('a') })).kind, 'started');
  });
}

function testRefusals(promise: DefinePromise): void {
  const keep = (bench: Bench, entry: IdempotencyEntry, sealedRefusal = 'sealed refusal') =>
    bench.storage.keepRefusal({ applicationId: bench.applicationId, entry, sealedRefusal });
  const kept = {
    kind: 'repeated',
    sealedAnswer: 'sealed refusal',
    verificationId: '',
    outcome: refusedOutcome,
  };

  for (const { name, prepare } of steps) {
    promise(`a ${name} whose refusal was kept does nothing and finds it`, async (bench) => {
      const run = await prepare(bench);
      const before = await snapshot(bench);
      assert.equal(await keep(bench, key('a')), null);
      await bench.storage.keepAnswer(key('a').keyHash, 'a later answer');
      await bench.reopen();
      assert.deepEqual(await run(key('a')), kept);
      assert.deepEqual(await bench.storage.findRepeated(key('a')), kept);
      assert.deepEqual(await keep(bench, key('a'), 'another'), kept);
      assert.deepEqual(await keep(bench, key('a', 'another')), { kind: 'key_reused' });
      assert.deepEqual(await snapshot(bench), before);
    });

    promise(`a ${name} that took effect keeps no refusal`, async (bench) => {
      const run = await prepare(bench);
      await run(key('a'));
      assert.deepEqual(await keep(bench, key('a')), { kind: 'key_in_use' });
      await bench.storage.keepAnswer(key('a').keyHash, 'sealed answer');
      const repeated = await keep(bench, key('a'));
      assert.equal(repeated?.kind === 'repeated' && repeated.sealedAnswer, 'sealed answer');
    });
  }

  promise('of a step and its refusal at once one takes the key', async (bench) => {
    const outcomes = await inParallel(20, async (index) =>
      index % 2 === 0
        ? (await bench.tryStart({ idempotency: key('a') })).kind
        : ((await keep(bench, key('a')))?.kind ?? 'kept'),
    );
    const firsts = outcomes.filter((kind) => kind === 'started' || kind === 'kept');
    assert.equal(firsts.length, 1, outcomes.join(' '));
  });

  promise('a refusal is kept for 24 hours', async (bench) => {
    await keep(bench, key('a'));
    await bench.advance(dayMs + minuteMs);
    assert.equal((await bench.tryStart({ idempotency: key('a') })).kind, 'started');
  });
}
