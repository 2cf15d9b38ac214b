import assert from 'node:assert/strict';
import { type Bench, type DefinePromise, hashOf, inParallel, minuteMs } from './fixture.ts';

export function testChecks(promise: DefinePromise): void {
  testOneAfterAnother(promise);
  testMeetingTheEnd(promise);
  testPurposes(promise);
  testRaces(promise);
  testTransactions(promise);
}

function testOneAfterAnother(promise: DefinePromise): void {
  promise('each guess is spent before it is compared', async (bench) => {
    const { verification } = await bench.start();
    for (let used = 1; used <= 5; used++) {
      const consumed = await bench.consume(verification.id);
      assert.equal(consumed.verification.checksUsed, used);
      assert.equal(consumed.verification.sealedCode, 'sealed code');
    }
    assert.deepEqual(await bench.guess(verification.id, true), {
      reason: 'too_many_checks',
      wasCompared: false,
    });
  });

  promise('the last wrong guess fails the verification and erases its code', async (bench) => {
    const { verification } = await bench.start();
    await bench.wrongGuesses(verification.id, 4);
    assert.equal((await bench.read(verification.id)).status, 'pending');
    await bench.wrongGuesses(verification.id, 1);
    const failed = await bench.read(verification.id);
    assert.deepEqual([failed.status, failed.sealedCode], ['failed', null]);
    const events = failed.history.map(({ event }) => event);
    assert.deepEqual(events, ['started', ...Array(5).fill('wrong_code'), 'failed']);
    assert.deepEqual(await bench.guess(verification.id, true), {
      reason: 'too_many_checks',
      wasCompared: false,
    });
  });

  promise('a right code approves once and never again', async (bench) => {
    const { verification } = await bench.start();
    await bench.wrongGuesses(verification.id, 1);
    assert.deepEqual(await bench.guess(verification.id, true), { reason: null, wasCompared: true });
    const approved = await bench.read(verification.id);
    assert.deepEqual([approved.status, approved.sealedCode], ['approved', null]);
    assert.ok(approved.finishedAtMs);
    assert.deepEqual(await bench.guess(verification.id, true), {
      reason: 'already_used',
      wasCompared: false,
    });
    const { recipientHash, ledgerKey } = verification;
    const liveKey = `login\n${recipientHash}`;
    assert.equal(await bench.storage.findLive(bench.applicationId, ledgerKey, liveKey), null);
  });

  promise('no guess is admitted once the time is over', async (bench) => {
    const { verification } = await bench.start();
    const consumed = await bench.consume(verification.id);
    await bench.advance(5 * minuteMs);
    assert.deepEqual(await bench.guess(verification.id, true), {
      reason: 'expired',
      wasCompared: false,
    });
    // Consumed in time, compared too late: it does not approve either.
    assert.equal((await bench.settle(consumed, true)).reason, 'expired');
    assert.equal((await bench.read(verification.id)).status, 'expired');
  });

  promise(
    'one whose time is over is not live, whether its life was ended or not',
    async (bench) => {
      const { recipientHash, ledgerKey } = (await bench.start()).verification;
      await bench.advance(5 * minuteMs);
      const liveKey = `login\n${recipientHash}`;
      assert.equal(await bench.storage.findLive(bench.applicationId, ledgerKey, liveKey), null);
    },
  );

  promise('a canceled or blocked verification takes no guess', async (bench) => {
    const { verification } = await bench.start();
    const consumed = await bench.consume(verification.id);
    await bench.cancel(verification.id);
    assert.equal((await bench.guess(verification.id, true)).reason, 'canceled');
    assert.equal((await bench.settle(consumed, true)).reason, 'canceled');
    assert.equal((await bench.read(verification.id)).status, 'canceled');
  });
}

function testMeetingTheEnd(promise: DefinePromise): void {
  for (const wasEnded of [false, true]) {
    const when = wasEnded ? 'after its end was written down' : 'before its end is written down';
    promise(`of codes that come late the first is told apart and noted, ${when}`, async (bench) => {
      const { verification } = await bench.start();
      await bench.advance(5 * minuteMs);
      if (wasEnded) await bench.storage.expireDue(10);
      const outcomes = await inParallel(5, () => bench.tryConsume(verification.id));
      const first = outcomes.filter((one) => one.kind === 'not_admitted' && one.isFirstAtEnd);
      assert.equal(first.length, 1);
      await bench.storage.expireDue(10);
      const { status, checksUsed, history } = await bench.read(verification.id);
      assert.deepEqual([status, checksUsed], ['expired', 0]);
      const events = history.map(({ event }) => event).sort();
      assert.deepEqual(events, ['expired', 'late_code', 'started']);
    });
  }

  promise('of cancels at once one ends it, and the others say that they did not', async (bench) => {
    const { verification } = await bench.start();
    const outcomes = await inParallel(5, () => bench.cancel(verification.id));
    const first = outcomes.filter((one) => one.kind === 'canceled' && one.isFirstAtEnd);
    assert.equal(first.length, 1);
    assert.ok(outcomes.every(({ kind }) => kind === 'canceled'));
  });
}

function testPurposes(promise: DefinePromise): void {
  promise(
    'a guess that names another purpose or door finds nothing and spends nothing',
    async (bench) => {
      const { verification } = await bench.start({ purpose: 'payment' });
      const { id } = verification;
      const missed = await bench.tryConsume(id, { purpose: 'login' });
      assert.deepEqual(missed, { kind: 'not_found' });
      assert.equal((await bench.read(id)).checksUsed, 0);
      const elsewhere = await bench.tryConsume(id, { purpose: 'payment', origin: 'vendor' });
      assert.deepEqual(elsewhere, { kind: 'not_found' });
      assert.equal((await bench.read(id)).checksUsed, 0);
      const consumed = await bench.consume(id, { purpose: 'payment', origin: 'api' });
      assert.equal(consumed.verification.checksUsed, 1);
    },
  );
}

async function raceOf(bench: Bench, round: number, isRight: (index: number) => boolean) {
  const { verification } = await bench.start({ recipient: `+1415555${round}` });
  const results = await inParallel(40, (index) => bench.guess(verification.id, isRight(index)));
  const compared = results.filter(({ wasCompared }) => wasCompared);
  const approved = results.filter(({ reason }) => reason === null);
  const { status, checksUsed } = await bench.read(verification.id);
  return { compared: compared.length, approved: approved.length, status, checksUsed };
}

function testRaces(promise: DefinePromise): void {
  promise('of 40 parallel right guesses exactly one approves', async (bench) => {
    for (let round = 0; round < 15; round++) {
      const { compared, approved, status, checksUsed } = await raceOf(bench, round, () => true);
      assert.equal(approved, 1);
      assert.equal(status, 'approved');
      assert.ok(compared <= 5 && checksUsed === compared, `${compared} were compared`);
    }
  });

  promise('39 wrong and 1 right guess in parallel are never more than allowed', async (bench) => {
    for (let round = 0; round < 15; round++) {
      const race = await raceOf(bench, round, (index) => index === (round * 7) % 40);
      assert.ok(race.compared <= 5, `${race.compared} were compared`);
      assert.ok(race.approved <= 1);
      assert.equal(race.status, race.approved === 1 ? 'approved' : 'failed');
    }
  });

  promise('of ten guesses found right at once exactly one approves', async (bench) => {
    for (let round = 0; round < 10; round++) {
      const { verification } = await bench.start({
        recipient: `+1415555${round}`,
        checksMax: 10,
        codeBits: 40,
      });
      const consumed = await inParallel(10, () => bench.consume(verification.id));
      const settled = await Promise.all(consumed.map((guess) => bench.settle(guess, true)));
      const reasons = settled.map(({ reason }) => reason).sort();
      assert.deepEqual(reasons, [...Array(9).fill('already_used'), null]);
    }
  });

  promise('a cancel and a right guess at once: one of them ends it', async (bench) => {
    for (let round = 0; round < 10; round++) {
      const { verification } = await bench.start({ recipient: `+1415555${round}` });
      const consumed = await bench.consume(verification.id);
      const [settled, canceled] = await Promise.all([
        bench.settle(consumed, true),
        bench.cancel(verification.id),
      ]);
      const { status } = await bench.read(verification.id);
      assert.equal(status === 'approved', settled.reason === null);
      assert.equal(status === 'canceled', canceled.kind === 'canceled');
    }
  });
}

function testTransactions(promise: DefinePromise): void {
  const transactionHash = hashOf('12.50 EUR Shop');

  promise('a check that names another transaction ends the verification', async (bench) => {
    for (const [bound, named] of [
      [transactionHash, hashOf('1250.00 EUR Shop')],
      [null, transactionHash],
    ] as const) {
      const { verification } = await bench.start({ transactionHash: bound });
      const outcome = await bench.tryConsume(verification.id, { transactionHash: named });
      assert.equal(outcome.kind, 'not_admitted');
      // The same answer as a wrong code: it does not say which part was wrong.
      assert.equal(outcome.kind === 'not_admitted' && outcome.reason, 'wrong_code');
      const { status, checksUsed, sealedCode } = await bench.read(verification.id);
      assert.deepEqual([status, checksUsed, sealedCode], ['failed', 0, null]);
      assert.equal((await bench.guess(verification.id, true)).reason, 'too_many_checks');
    }
  });

  promise('the same transaction is compared; leaving it out is a setting', async (bench) => {
    const { verification } = await bench.start({ transactionHash });
    await bench.consume(verification.id, { transactionHash });
    await bench.consume(verification.id);
    const outcome = await bench.tryConsume(verification.id, { transactionRequired: true });
    assert.deepEqual(outcome, { kind: 'transaction_missing' });
    const { status, checksUsed } = await bench.read(verification.id);
    assert.deepEqual([status, checksUsed], ['pending', 2]);
    const free = await bench.start({ purpose: 'login' });
    await bench.consume(free.verification.id, { transactionRequired: true });
  });
}
