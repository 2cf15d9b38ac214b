import assert from 'node:assert/strict';
import { type DefinePromise, hashOf, inParallel, makeId, minuteMs } from './fixture.ts';

export function testStarts(promise: DefinePromise): void {
  testReading(promise);
  testSecondStarts(promise);
}

function testReading(promise: DefinePromise): void {
  promise('what was started is read back as it was answered', async (bench) => {
    const options = {
      reference: 'order-17',
      metadata: { constructor: 'k', 'a "b"': '€' },
      transactionHash: hashOf('txn'),
      ledgerKey: hashOf('folded'),
      country: null,
      deliveries: [bench.delivery(), bench.delivery({ channel: 'email', quoteMicros: 7_500 })],
    };
    const { kind, atMs, ...started } = await bench.start(options);
    const { verification, deliveries } = started;
    const found = await bench.storage.readVerification(bench.applicationId, verification.id);
    assert.deepEqual(found?.verification, verification);
    assert.deepEqual(found?.deliveries, deliveries);
    assert.deepEqual(verification.metadata, options.metadata);
    assert.equal(verification.status, 'pending');
    assert.equal(verification.createdAtMs, atMs);
    assert.equal(verification.expiresAtMs, atMs + 5 * minuteMs);
    assert.equal(verification.lifeEndsAtMs, atMs + 10 * minuteMs);
    assert.equal(verification.resendAllowedAtMs, atMs + 30_000);
    assert.deepEqual([verification.checksUsed, verification.sendsUsed], [0, 1]);
    assert.deepEqual(verification.history, [{ atMs, event: 'started', detail: null }]);
    assert.deepEqual(
      deliveries.map(({ id, status, attempts }) => ({ id, status, attempts })),
      options.deliveries.map(({ id }) => ({ id, status: 'queued', attempts: 1 })),
    );
  });

  promise('what was answered is there after the storage was opened again', async (bench) => {
    const { verification, deliveries } = await bench.start();
    await bench.consume(verification.id);
    await bench.reopen();
    const found = await bench.storage.readVerification(bench.applicationId, verification.id);
    assert.deepEqual(found?.verification, { ...verification, checksUsed: 1 });
    assert.deepEqual(found?.deliveries, deliveries);
  });

  promise('an unknown, a malformed and a foreign id find nothing', async (bench) => {
    const { verification } = await bench.start();
    const other = await bench.createApplication();
    const sameHead = `${verification.id.slice(0, 14)}${'0'.repeat(26)}`;
    for (const id of [makeId('vf'), sameHead, 'vf_', '', '\u0000', "' OR 1=1 --"]) {
      assert.equal(await bench.storage.readVerification(bench.applicationId, id), null, id);
      assert.deepEqual(await bench.tryConsume(id), { kind: 'not_found' }, id);
      assert.deepEqual(await bench.tryResend(id), { kind: 'not_found' }, id);
      assert.deepEqual(await bench.cancel(id), { kind: 'not_found' }, id);
    }
    for (const applicationId of [other, makeId('app')]) {
      const { storage } = bench;
      assert.equal(await storage.readVerification(applicationId, verification.id), null);
      const consumed = await bench.tryConsume(verification.id, { applicationId });
      assert.deepEqual(consumed, { kind: 'not_found' });
    }
    assert.equal((await bench.read(verification.id)).checksUsed, 0);
  });

  testFailing(promise);
}

function testSecondStarts(promise: DefinePromise): void {
  promise('a second start supersedes the live one and erases its code', async (bench) => {
    const first = await bench.start();
    const second = await bench.start();
    const old = await bench.read(first.verification.id);
    assert.equal(old.status, 'canceled');
    assert.equal(old.sealedCode, null);
    assert.equal(old.finishedAtMs, second.verification.createdAtMs);
    const live = await bench.storage.findLive(
      bench.applicationId,
      hashOf('+14155550123'),
      `login\n${hashOf('+14155550123')}`,
    );
    assert.equal(live, second.verification.id);
  });

  promise('another purpose, recipient or application is not superseded', async (bench) => {
    const first = await bench.start();
    await bench.start({ purpose: 'payment' });
    await bench.start({ recipient: '+14155550199' });
    await bench.start({ recipient: 'a@example.com', ledgerKey: hashOf('+14155550123') });
    await bench.start({ applicationId: await bench.createApplication() });
    assert.equal((await bench.read(first.verification.id)).status, 'pending');
  });

  for (const secondStart of ['reuse', 'reject'] as const) {
    promise(
      `with the rule ${secondStart} a second start only names the live one`,
      async (bench) => {
        const { verification } = await bench.start();
        const limits = [{ name: 'recipient_sends_interval', max: 1, windowSeconds: 30 }];
        const ledgers = [{ key: verification.ledgerKey, count: 1, limits }];
        const outcome = await bench.tryStart({ secondStart, ledgers });
        assert.deepEqual(outcome, { kind: 'live', verificationId: verification.id });
        assert.equal((await bench.list()).items.length, 1);
      },
    );

    promise(`with the rule ${secondStart} one whose time is over is no obstacle`, async (bench) => {
      const first = await bench.start();
      await bench.advance(5 * minuteMs);
      await bench.start({ secondStart });
      assert.equal((await bench.read(first.verification.id)).status, 'expired');
    });
  }

  promise('parallel starts of one recipient leave one live verification', async (bench) => {
    for (let round = 0; round < 5; round++) {
      const recipient = `+1415555${round}`;
      const started = await inParallel(20, () => bench.start({ recipient }));
      const records = await Promise.all(
        started.map(({ verification }) => bench.read(verification.id)),
      );
      assert.equal(records.filter(({ status }) => status === 'pending').length, 1);
      const withCode = records.filter(({ sealedCode }) => sealedCode !== null);
      assert.equal(withCode.length, 1);
    }
  });
}

function testFailing(promise: DefinePromise): void {
  promise('a start that fails takes nothing with it', async (bench) => {
    const taken = await bench.start();
    const { id } = taken.verification;
    const outcomes = await Promise.allSettled([
      bench.tryStart({ id, recipient: '+14155550001' }),
      bench.tryStart({ recipient: '+14155550002' }),
      bench.tryStart({ recipient: '+14155550003', applicationId: makeId('app') }),
      bench.tryStart({ recipient: '+14155550004' }),
    ]);
    const statuses = outcomes.map(({ status }) => status);
    assert.deepEqual(statuses, ['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    assert.equal((await bench.list()).items.length, 3);
    assert.equal((await bench.read(id)).recipientHash, hashOf('+14155550123'));
  });
}
