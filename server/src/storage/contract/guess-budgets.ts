import assert from 'node:assert/strict';
import { type Bench, type DefinePromise, dayMs, inParallel, minuteMs } from './fixture.ts';

const eightDigitsBits = 26.58;
const tenDigitsBits = 33.22;
const strong = { codeBits: tenDigitsBits, checksMax: 10 };

/** Spends wrong guesses on verifications of one recipient, new ones as they end. */
async function spendFailures(bench: Bench, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 10) {
    const { verification } = await bench.start({ ...strong, purpose: `p${left}` });
    await bench.wrongGuesses(verification.id, Math.min(left, 10));
  }
}

export function testGuessBudgets(promise: DefinePromise): void {
  testTiers(promise);
  testCharges(promise);
  testAddresses(promise);
  testSpraying(promise);
}

function testTiers(promise: DefinePromise): void {
  promise('failures add up over purposes, resends and new verifications', async (bench) => {
    const first = await bench.start();
    await bench.wrongGuesses(first.verification.id, 4);
    await bench.advance(minuteMs);
    assert.equal((await bench.tryResend(first.verification.id)).kind, 'resent');
    await bench.wrongGuesses(first.verification.id, 1);
    const second = await bench.start({ purpose: 'payment' });
    await bench.wrongGuesses(second.verification.id, 4);
    const third = await bench.start({ purpose: 'reset' });
    await bench.wrongGuesses(second.verification.id, 1);
    // Ten are spent: six digits are dead, wherever they are live.
    assert.deepEqual(await bench.guess(third.verification.id, true), {
      reason: 'too_many_checks',
      wasCompared: false,
    });
    assert.equal((await bench.read(third.verification.id)).status, 'failed');
    const weak = await bench.tryStart();
    assert.deepEqual(weak, { kind: 'code_too_weak', digitsMin: 8 });
    await bench.start({ codeBits: eightDigitsBits });
  });

  promise('a code that is too weak leaves no trace', async (bench) => {
    await spendFailures(bench, 10);
    const before = (await bench.list()).items.length;
    assert.equal((await bench.tryStart()).kind, 'code_too_weak');
    assert.equal((await bench.list()).items.length, before);
  });

  promise(
    'after twenty failures ten digits are asked for, a day later six will do',
    async (bench) => {
      await spendFailures(bench, 20);
      const outcome = await bench.tryStart({ codeBits: eightDigitsBits });
      assert.deepEqual(outcome, { kind: 'code_too_weak', digitsMin: 10 });
      await bench.start({ codeBits: tenDigitsBits });
      await bench.advance(dayMs);
      await bench.start();
    },
  );

  promise('after fifty failures there is a pause that ends', async (bench) => {
    await spendFailures(bench, 50);
    const outcome = await bench.tryStart(strong);
    assert.equal(
      outcome.kind === 'refused' && outcome.refusal.limit?.name,
      'recipient_failed_guesses_day',
    );
    await bench.advance(60 * minuteMs);
    await bench.start(strong);
  });
}

function testCharges(promise: DefinePromise): void {
  promise('parallel guesses at many codes stay within the budget', async (bench) => {
    const started = await inParallel(8, (index) => bench.start({ purpose: `p${index}` }));
    const results = await inParallel(40, (index) =>
      bench.guess(started[index % 8]?.verification.id ?? '', false),
    );
    const compared = results.filter(({ wasCompared }) => wasCompared).length;
    assert.equal(compared, 10);
  });

  promise('a right guess takes its charge back, the ones before it stay', async (bench) => {
    for (let round = 0; round < 9; round++) {
      const { verification } = await bench.start({ purpose: `p${round}` });
      await bench.wrongGuesses(verification.id, 1);
      assert.equal((await bench.guess(verification.id, true)).reason, null);
    }
    const { verification } = await bench.start();
    await bench.wrongGuesses(verification.id, 1);
    assert.equal((await bench.tryStart()).kind, 'code_too_weak');
  });

  promise('the losers of a race of right guesses are not charged either', async (bench) => {
    const { verification } = await bench.start({ checksMax: 9 });
    const consumed = await inParallel(9, () => bench.consume(verification.id));
    await Promise.all(consumed.map((guess) => bench.settle(guess, true)));
    const next = await bench.start();
    await bench.wrongGuesses(next.verification.id, 5);
    await bench.start();
  });

  promise('a guess that was never settled stays charged', async (bench) => {
    for (let round = 0; round < 2; round++) {
      const { verification } = await bench.start({ purpose: `p${round}` });
      await inParallel(5, () => bench.consume(verification.id));
    }
    await bench.reopen();
    assert.equal((await bench.tryStart()).kind, 'code_too_weak');
  });

  promise('failures of one application say nothing to another', async (bench) => {
    await spendFailures(bench, 10);
    const applicationId = await bench.createApplication();
    assert.equal((await bench.tryStart({ applicationId })).kind, 'started');
  });
}

function testAddresses(promise: DefinePromise): void {
  const limits = [{ name: 'address_failed_guesses_hour', max: 6, windowSeconds: 3_600 }];

  promise('an address has its own budget of failures, also in parallel', async (bench) => {
    const address = { key: 'an address', limits };
    const started = await inParallel(5, (index) => bench.start({ recipient: `+1415555${index}` }));
    const outcomes = await inParallel(20, (index) =>
      bench.tryConsume(started[index % 5]?.verification.id ?? '', { address }),
    );
    const consumed = outcomes.filter(({ kind }) => kind === 'consumed');
    assert.equal(consumed.length, 6);
    const refused = outcomes.find((outcome) => outcome.kind === 'refused');
    assert.equal(refused?.refusal.limit?.name, 'address_failed_guesses_hour');
    const records = await Promise.all(
      started.map(({ verification }) => bench.read(verification.id)),
    );
    const used = records.reduce((sum, { checksUsed }) => sum + checksUsed, 0);
    assert.equal(used, 6);
  });

  promise('a right guess is not held against its address', async (bench) => {
    const address = { key: 'an address', limits };
    for (let round = 0; round < 10; round++) {
      const { verification } = await bench.start({ recipient: `+1415555${round}` });
      const consumed = await bench.consume(verification.id, { address });
      await bench.settle(consumed, true, { addressKey: address.key });
    }
  });
}

function testSpraying(promise: DefinePromise): void {
  promise('one guess at each of many recipients asks for longer codes', async (bench) => {
    await inParallel(100, async (index) => {
      const { verification } = await bench.start({ recipient: `+1415555${index}` });
      await bench.wrongGuesses(verification.id, 1);
    });
    const fresh = { recipient: '+14155559999' };
    const outcome = await bench.tryStart(fresh);
    assert.deepEqual(outcome, { kind: 'code_too_weak', digitsMin: 8 });
    const applicationId = await bench.createApplication();
    assert.equal((await bench.tryStart({ ...fresh, applicationId })).kind, 'started');
    await bench.advance(10 * minuteMs);
    await bench.start(fresh);
  });
}
