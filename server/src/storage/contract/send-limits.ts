import assert from 'node:assert/strict';
import { type DefinePromise, hashOf, inParallel, limited } from './fixture.ts';

const recipient = '+14155550123';

export function testSendLimits(promise: DefinePromise): void {
  promise('a start beyond a limit is recorded as blocked and sends nothing', async (bench) => {
    const ledgers = [limited(recipient, 2, 3_600)];
    const kept = await bench.start({ ledgers });
    await bench.start({ ledgers, purpose: 'payment' });
    const blocked = bench.startStep({ ledgers });
    const outcome = await bench.storage.startVerification(blocked);
    assert.equal(outcome.kind, 'refused');
    assert.deepEqual(outcome.kind === 'refused' && outcome.refusal.limit, {
      name: 'recipient_sends_test',
      max: 2,
      windowSeconds: 3_600,
    });
    const record = await bench.read(blocked.verification.id);
    assert.equal(record.status, 'blocked');
    assert.equal(record.blockedReason, 'recipient_sends_test');
    assert.equal(record.sealedCode, null);
    assert.deepEqual([record.sendsUsed, record.history.length], [0, 1]);
    const found = await bench.storage.readVerification(
      bench.applicationId,
      blocked.verification.id,
    );
    assert.deepEqual(found?.deliveries, []);
    assert.equal((await bench.read(kept.verification.id)).status, 'pending');
  });

  promise('a refused start is not counted, and the limit ends with its window', async (bench) => {
    const ledgers = [limited(recipient, 1, 30)];
    await bench.start({ ledgers });
    for (let tries = 0; tries < 3; tries++) {
      assert.equal((await bench.tryStart({ ledgers })).kind, 'refused');
    }
    await bench.advance(30_000);
    await bench.start({ ledgers });
  });

  promise('parallel starts never pass a limit', async (bench) => {
    const ledgers = [limited(recipient, 5, 3_600)];
    const outcomes = await inParallel(30, () => bench.tryStart({ ledgers }));
    assert.equal(outcomes.filter(({ kind }) => kind === 'started').length, 5);
    assert.equal(outcomes.filter(({ kind }) => kind === 'refused').length, 25);
  });

  promise('an address counts over all its recipients', async (bench) => {
    const address = limited('203.0.113.0/24', 3, 3_600);
    const outcomes = await inParallel(10, (index) => {
      const name = `+1415555${index}`;
      return bench.tryStart({ recipient: name, ledgers: [limited(name, 5, 3_600), address] });
    });
    assert.equal(outcomes.filter(({ kind }) => kind === 'started').length, 3);
    // What the address refused is not counted for the recipient.
    const refused = outcomes.flatMap(({ kind }, index) => (kind === 'refused' ? [index] : []));
    for (const index of refused) {
      const name = `+1415555${index}`;
      await bench.start({ recipient: name, ledgers: [limited(name, 1, 3_600)] });
    }
  });

  promise('two entries of one ledger are counted together', async (bench) => {
    const ledgers = [limited(recipient, 2, 3_600), { ...limited(recipient, 2, 3_600), count: 2 }];
    assert.equal((await bench.tryStart({ ledgers })).kind, 'refused');
    await bench.start({ ledgers: [{ ...limited(recipient, 2, 3_600), count: 2 }] });
    assert.equal(
      (await bench.tryStart({ ledgers: [limited(recipient, 2, 3_600)] })).kind,
      'refused',
    );
  });

  promise('sends of another application are not counted', async (bench) => {
    const ledgers = [limited(recipient, 1, 3_600)];
    await bench.start({ ledgers });
    const applicationId = await bench.createApplication();
    assert.equal((await bench.tryStart({ ledgers, applicationId })).kind, 'started');
  });

  promise('the ledger of a folded address is shared by its spellings', async (bench) => {
    const ledgerKey = hashOf('ana@example.com');
    const ledgers = [limited('ana@example.com', 1, 3_600)];
    await bench.start({ recipient: 'Ana+1@example.com', ledgerKey, ledgers });
    const outcome = await bench.tryStart({ recipient: 'ana+2@example.com', ledgerKey, ledgers });
    assert.equal(outcome.kind, 'refused');
  });
}
