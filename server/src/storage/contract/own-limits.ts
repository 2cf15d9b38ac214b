import assert from 'node:assert/strict';
import {
  type Bench,
  type DefinePromise,
  hashOf,
  inParallel,
  limited,
  minuteMs,
} from './fixture.ts';

const checks = limited('checks of a recipient', 3, 900);

/** What applications may set for themselves beside the product's own limits. */
export function testOwnLimits(promise: DefinePromise): void {
  testChecks(promise);
  testWaits(promise);
  testChangedRequests(promise);
}

function testChecks(promise: DefinePromise): void {
  promise('checks are counted, right ones too, until the window has no room', async (bench) => {
    const first = await bench.start();
    await bench.settle(await bench.consume(first.verification.id, { checks }), true);
    const second = await bench.start();
    for (let wrong = 0; wrong < 2; wrong++) {
      await bench.settle(await bench.consume(second.verification.id, { checks }), false);
    }
    const outcome = await bench.tryConsume(second.verification.id, { checks });
    assert.deepEqual(outcome.kind === 'refused' && outcome.refusal.limit, checks.limits[0]);
    assert.equal((await bench.read(second.verification.id)).checksUsed, 2);
    // What is refused is not counted, so the window passes however often somebody tries.
    await bench.advance(15 * minuteMs);
    const later = await bench.start();
    await bench.consume(later.verification.id, { checks });
  });

  promise('a check counts where there is nothing to check', async (bench) => {
    for (let times = 0; times < 3; times++) {
      assert.equal((await bench.tryConsume('', { checks })).kind, 'not_found');
    }
    assert.equal((await bench.tryConsume('', { checks })).kind, 'refused');
    const { verification } = await bench.start();
    assert.equal((await bench.tryConsume(verification.id, { checks })).kind, 'refused');
    // Without the limit nothing has changed for the recipient.
    await bench.consume(verification.id);
  });

  promise('parallel checks never pass the limit', async (bench) => {
    const started = await inParallel(4, (index) => bench.start({ purpose: `p${index}` }));
    const outcomes = await inParallel(20, (index) =>
      bench.tryConsume(started[index % 4]?.verification.id ?? '', { checks }),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === 'consumed').length, 3);
    assert.equal(outcomes.filter(({ kind }) => kind === 'refused').length, 17);
  });

  promise('a limit of starts is counted apart from the messages', async (bench) => {
    const ledgers = [limited('+14155550123', 9, 3_600), limited('its starts', 2, 3_600)];
    await bench.start({ ledgers, purpose: 'p1' });
    await bench.start({ ledgers, purpose: 'p2' });
    const outcome = await bench.tryStart({ ledgers, purpose: 'p3' });
    assert.deepEqual(outcome.kind === 'refused' && outcome.refusal.limit, ledgers[1]?.limits[0]);
    assert.equal((await bench.tryStart({ purpose: 'p3' })).kind, 'started');
  });
}

function testWaits(promise: DefinePromise): void {
  promise('an application’s own waiting times hold from the start on', async (bench) => {
    const resendWaitsSeconds = [10, 0];
    const { verification, atMs } = await bench.start({ resendWaitsSeconds });
    assert.equal(verification.resendAllowedAtMs, atMs + 10_000);
    const early = await bench.tryResend(verification.id, { resendWaitsSeconds });
    assert.deepEqual(early.kind === 'refused' && early.refusal.limit, {
      name: 'verification_resend_interval',
      max: 1,
      windowSeconds: 10,
    });
    await bench.advance(10_000);
    // The last one holds for every further send.
    for (let times = 0; times < 3; times++) {
      const resent = await bench.tryResend(verification.id, { resendWaitsSeconds });
      assert.equal(resent.kind, 'resent');
    }
  });
}

function testChangedRequests(promise: DefinePromise): void {
  async function read(bench: Bench, id: string) {
    const { sealedRequest, sendsUsed } = await bench.read(id);
    return { sealedRequest, sendsUsed };
  }

  promise('a send that goes elsewhere changes what was asked for, and keeps it', async (bench) => {
    const resendWaitsSeconds = [0];
    const { verification } = await bench.start({ resendWaitsSeconds });
    const changedRequest = { sealedRequest: 'another request', sendsUsed: 1 };
    const same = { code: null, resendWaitsSeconds };
    const resent = await bench.tryResend(verification.id, { ...same, changedRequest });
    assert.equal(resent.kind === 'resent' && resent.verification.sealedRequest, 'another request');
    await bench.reopen();
    const after = { sealedRequest: 'another request', sendsUsed: 2 };
    assert.deepEqual(await read(bench, verification.id), after);
    // Made after one send, while there have been two: somebody else has changed it since.
    const late = await bench.tryResend(verification.id, { ...same, changedRequest });
    assert.equal(late.kind, 'outdated');
    assert.deepEqual(await read(bench, verification.id), after);
    assert.equal((await bench.tryResend(verification.id, same)).kind, 'resent');
    assert.equal((await read(bench, verification.id)).sealedRequest, 'another request');
  });

  promise('of parallel sends that go elsewhere one is made after the first send', async (bench) => {
    const resendWaitsSeconds = [0];
    const { verification } = await bench.start({ resendWaitsSeconds, ledgerKey: hashOf('key') });
    const outcomes = await inParallel(5, (index) =>
      bench.tryResend(verification.id, {
        code: null,
        resendWaitsSeconds,
        changedRequest: { sealedRequest: `request ${index}`, sendsUsed: 1 },
      }),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === 'resent').length, 1);
    assert.equal(outcomes.filter(({ kind }) => kind === 'outdated').length, 4);
  });
}
