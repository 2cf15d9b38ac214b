import assert from 'node:assert/strict';
import { type DefinePromise, inParallel, limited, minuteMs } from './fixture.ts';

const same = { code: null, codeVersion: 1 };

export function testResends(promise: DefinePromise): void {
  testNewCodes(promise);
  testBounds(promise);
  testCancel(promise);
}

function testNewCodes(promise: DefinePromise): void {
  promise('a resend gives another code, more time and no more guesses', async (bench) => {
    const { verification } = await bench.start({ lifetimeMs: 2 * minuteMs });
    await bench.wrongGuesses(verification.id, 3);
    await bench.advance(minuteMs);
    const outcome = await bench.tryResend(verification.id, { channel: 'email' });
    assert.equal(outcome.kind, 'resent');
    const record = await bench.read(verification.id);
    assert.deepEqual(outcome.kind === 'resent' && outcome.verification, record);
    assert.deepEqual(
      [record.sealedCode, record.codeVersion, record.sendsUsed, record.checksUsed, record.channel],
      ['another sealed code', 2, 2, 3, 'email'],
    );
    assert.ok(record.expiresAtMs > verification.expiresAtMs);
    const found = await bench.storage.readVerification(bench.applicationId, verification.id);
    assert.equal(found?.deliveries.length, 2);
  });

  promise('the right old code does not approve after a resend', async (bench) => {
    const { verification } = await bench.start();
    const consumed = await bench.consume(verification.id);
    await bench.advance(minuteMs);
    await bench.tryResend(verification.id);
    assert.equal((await bench.settle(consumed, true)).reason, 'wrong_code');
    assert.equal((await bench.read(verification.id)).status, 'pending');
    assert.equal((await bench.guess(verification.id, true)).reason, null);
  });

  promise('the same code again is refused when its text is outdated', async (bench) => {
    const { verification } = await bench.start();
    await bench.advance(minuteMs);
    assert.equal((await bench.tryResend(verification.id, same)).kind, 'resent');
    assert.equal((await bench.read(verification.id)).codeVersion, 1);
    await bench.advance(minuteMs);
    assert.equal((await bench.tryResend(verification.id)).kind, 'resent');
    await bench.advance(2 * minuteMs);
    assert.equal((await bench.tryResend(verification.id, same)).kind, 'outdated');
    const again = await bench.tryResend(verification.id, { ...same, codeVersion: 2 });
    assert.equal(again.kind, 'resent');
  });

  promise('a code that failures have made too weak is not sent again', async (bench) => {
    const kept = await bench.start();
    for (const purpose of ['p1', 'p2']) {
      const { verification } = await bench.start({ purpose });
      await bench.wrongGuesses(verification.id, 5);
    }
    await bench.advance(minuteMs);
    for (const changes of [same, {}]) {
      assert.deepEqual(await bench.tryResend(kept.verification.id, changes), {
        kind: 'code_too_weak',
        digitsMin: 8,
      });
    }
    const code = { sealedCode: 'a longer sealed code', codeBits: 26.58 };
    assert.equal((await bench.tryResend(kept.verification.id, { code })).kind, 'resent');
    assert.equal((await bench.guess(kept.verification.id, true)).reason, null);
  });
}

function testBounds(promise: DefinePromise): void {
  promise(
    'resends wait longer each time, are five in all, and end with the life',
    async (bench) => {
      const { verification } = await bench.start({ lifetimeMs: 10 * minuteMs });
      for (const waitSeconds of [30, 60, 120, 300]) {
        const early = await bench.tryResend(verification.id);
        assert.equal(
          early.kind === 'refused' && early.refusal.limit?.name,
          'verification_resend_interval',
        );
        await bench.advance(waitSeconds * 1_000);
        assert.equal((await bench.tryResend(verification.id)).kind, 'resent', `${waitSeconds}`);
      }
      const record = await bench.read(verification.id);
      assert.equal(record.expiresAtMs, verification.lifeEndsAtMs);
      await bench.advance(minuteMs);
      const outcome = await bench.tryResend(verification.id);
      assert.equal(outcome.kind === 'refused' && outcome.refusal.limit?.name, 'verification_sends');
      await bench.advance(minuteMs);
      const late = await bench.tryResend(verification.id);
      assert.equal(late.kind === 'refused' && late.refusal.code, 'verification_finished');
    },
  );

  promise('of parallel resends one goes through', async (bench) => {
    const { verification } = await bench.start();
    await bench.advance(minuteMs);
    const outcomes = await inParallel(20, () => bench.tryResend(verification.id));
    assert.equal(outcomes.filter(({ kind }) => kind === 'resent').length, 1);
    assert.equal((await bench.read(verification.id)).sendsUsed, 2);
  });

  promise('starts and resends share the limits of the recipient', async (bench) => {
    const ledgers = [limited('+14155550123', 2, 3_600)];
    const { verification } = await bench.start({ ledgers });
    await bench.advance(minuteMs);
    assert.equal((await bench.tryResend(verification.id, { ledgers })).kind, 'resent');
    await bench.advance(minuteMs);
    const outcome = await bench.tryResend(verification.id, { ledgers });
    assert.equal(outcome.kind === 'refused' && outcome.refusal.limit?.name, 'recipient_sends_test');
    assert.equal((await bench.tryStart({ ledgers })).kind, 'refused');
    assert.equal((await bench.read(verification.id)).sendsUsed, 2);
  });
}

function testCancel(promise: DefinePromise): void {
  promise('a cancel ends it, a second one changes nothing', async (bench) => {
    const { verification } = await bench.start();
    const first = await bench.cancel(verification.id);
    assert.equal(first.kind, 'canceled');
    const canceled = await bench.read(verification.id);
    assert.deepEqual([canceled.status, canceled.sealedCode], ['canceled', null]);
    await bench.advance(minuteMs);
    assert.equal((await bench.cancel(verification.id)).kind, 'canceled');
    assert.deepEqual(await bench.read(verification.id), canceled);
  });

  promise('what is over cannot be canceled or sent again', async (bench) => {
    const { verification } = await bench.start();
    await bench.guess(verification.id, true);
    const late = await bench.start({ recipient: '+14155550199' });
    await bench.advance(5 * minuteMs);
    for (const { id } of [verification, late.verification]) {
      const canceled = await bench.cancel(id);
      assert.equal(canceled.kind === 'refused' && canceled.refusal.code, 'verification_finished');
      const resent = await bench.tryResend(id);
      assert.equal(resent.kind === 'refused' && resent.refusal.code, 'verification_finished');
    }
  });
}
