import assert from 'node:assert/strict';
import { type DefinePromise, leaseMs, minuteMs } from './fixture.ts';

const told = { hasCallback: true };

export function testCallbacks(promise: DefinePromise): void {
  promise('each ending is owed to the callback, once', async (bench) => {
    const approved = await bench.start({ ...told, purpose: 'a' });
    await bench.guess(approved.verification.id, true);
    await bench.guess(approved.verification.id, true);
    const failed = await bench.start({ ...told, purpose: 'b' });
    await bench.wrongGuesses(failed.verification.id, 5);
    const superseded = await bench.start({ ...told, purpose: 'c' });
    const expired = await bench.start({ ...told, purpose: 'c' });
    await bench.start({ purpose: 'd' });
    await bench.advance(5 * minuteMs);
    await bench.storage.expireDue(100);
    await bench.storage.expireDue(100);
    const callbacks = await bench.storage.claimCallbacks(100, leaseMs);
    const facts = callbacks.map(({ event, verificationId, applicationId, attempts }) => ({
      event,
      verificationId,
      applicationId,
      attempts,
    }));
    const fact = (event: string, { verification }: typeof approved) => ({
      event: `verification.${event}`,
      verificationId: verification.id,
      applicationId: bench.applicationId,
      attempts: 1,
    });
    assert.deepEqual(facts, [
      fact('approved', approved),
      fact('failed', failed),
      fact('canceled', superseded),
      fact('expired', expired),
    ]);
    assert.ok(callbacks.every(({ id }) => id.startsWith('evt_')));
    assert.equal(new Set(callbacks.map(({ id }) => id)).size, 4);
  });

  promise(
    'a callback is claimed by one, again after its pause, and leaves when told',
    async (bench) => {
      const { verification } = await bench.start(told);
      await bench.cancel(verification.id);
      const [first] = await bench.storage.claimCallbacks(10, leaseMs);
      assert.ok(first);
      assert.deepEqual(await bench.storage.claimCallbacks(10, leaseMs), []);
      await bench.storage.recordCallback(first.id, { retryInMs: 5_000, wasTried: true });
      assert.deepEqual(await bench.storage.claimCallbacks(10, leaseMs), []);
      await bench.advance(5_000);
      const [second] = await bench.storage.claimCallbacks(10, leaseMs);
      assert.deepEqual(second, { ...first, attempts: 2 });
      await bench.advance(leaseMs);
      const [third] = await bench.storage.claimCallbacks(10, leaseMs);
      assert.equal(third?.attempts, 3);
      await bench.storage.recordCallback(first.id, { retryInMs: 0, wasTried: false });
      const [waited] = await bench.storage.claimCallbacks(10, leaseMs);
      assert.equal(waited?.attempts, 3, 'waiting for room is no try');
      await bench.storage.recordCallback(first.id, { retryInMs: null, wasTried: true });
      await bench.advance(leaseMs);
      assert.deepEqual(await bench.storage.claimCallbacks(10, leaseMs), []);
    },
  );
}
