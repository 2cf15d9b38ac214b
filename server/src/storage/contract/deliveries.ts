import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isStepForward } from '#domain/delivery.ts';
import type { AttemptResult, ClaimedDelivery, Receipt } from '#service/ports.ts';
import { type DefinePromise, inParallel, leaseMs, makeId, minuteMs } from './fixture.ts';

const long = { lifetimeMs: 60 * minuteMs };
/** Its starter holds the message for no time at all, as if it had died. */
const lost = { ...long, leaseMs: 0 };

export function attempt(deliveryId: string, changes: Partial<AttemptResult> = {}): AttemptResult {
  return {
    deliveryId,
    provider: 'sandbox',
    status: 'sent',
    wasTried: true,
    retryInMs: 0,
    isPossibleDuplicate: false,
    providerMessageId: null,
    costMicros: null,
    currency: null,
    error: null,
    ...changes,
  };
}

export function testDeliveries(promise: DefinePromise): void {
  testClaims(promise);
  testAttempts(promise);
  testParts(promise);
  testWorthless(promise);
  testReceipts(promise);
}

function testClaims(promise: DefinePromise): void {
  promise('a message is its starter’s until the lease is over', async (bench) => {
    await bench.start(long);
    await bench.advance(leaseMs);
    // A clock that is moved does not make what is under way look lost.
    assert.deepEqual(await bench.storage.claimDeliveries(10, leaseMs), []);
    const { verification } = await bench.start({ ...lost, purpose: 'lost' });
    const [claimed, ...more] = await bench.storage.claimDeliveries(10, leaseMs);
    assert.deepEqual(claimed?.delivery, await bench.readDelivery(verification.id));
    assert.deepEqual(claimed?.verification, await bench.read(verification.id));
    assert.equal(more.length, 0);
    // Its starter may have sent it before it was lost.
    assert.equal(claimed?.delivery.isPossibleDuplicate, true);
    assert.equal(claimed?.delivery.attempts, 2);
    assert.deepEqual(await bench.storage.claimDeliveries(10, leaseMs), []);
  });

  promise('a message that was lost twice is given up', async (bench) => {
    const { verification } = await bench.start(lost);
    assert.equal((await bench.storage.claimDeliveries(10, 0)).length, 1);
    assert.deepEqual(await bench.storage.claimDeliveries(10, leaseMs), []);
    const delivery = await bench.readDelivery(verification.id);
    assert.equal(delivery.status, 'failed');
    assert.equal(delivery.error, 'It is not known whether the message was sent.');
    assert.equal((await bench.read(verification.id)).status, 'pending');
  });

  promise('a claim tells what its message is composed from, and where it goes', async (bench) => {
    const places = ['sms', 'whatsapp', 'sms'] as const;
    const deliveries = () => places.map((channel) => bench.delivery({ channel }));
    const { verification } = await bench.start({ ...lost, deliveries: deliveries() });
    const claimed = await bench.storage.claimDeliveries(10, leaseMs);
    assert.deepEqual(placesOf(claimed), [
      ['sms', 0],
      ['sms', 1],
      ['whatsapp', 0],
    ]);
    for (const one of claimed) assert.equal(one.verification.sealedCode, 'sealed code');
    await bench.advance(minuteMs);
    const again = { deliveries: deliveries(), leaseMs: 0 };
    assert.equal((await bench.tryResend(verification.id, again)).kind, 'resent');
    const later = await bench.storage.claimDeliveries(10, leaseMs);
    assert.deepEqual(placesOf(later), [
      ['sms', 2],
      ['sms', 3],
      ['whatsapp', 1],
    ]);
    for (const one of later) assert.equal(one.verification.sealedCode, 'another sealed code');
  });

  promise('a lease that is renewed in time is not lost', async (bench) => {
    const { verification, deliveries } = await bench.start(lost);
    const ids = deliveries.map(({ id }) => id);
    await bench.storage.renewLeases([...ids, makeId('dl'), 'nonsense'], leaseMs);
    assert.deepEqual(await bench.storage.claimDeliveries(10, leaseMs), []);
    const retry = attempt(ids[0] ?? '', { status: 'queued', retryInMs: 0 });
    await bench.storage.recordAttempts([retry]);
    // What waits for its retry is in nobody's hands: there is nothing to renew.
    await bench.storage.renewLeases(ids, leaseMs);
    assert.equal((await bench.storage.claimDeliveries(10, leaseMs)).length, 1);
    assert.equal((await bench.readDelivery(verification.id)).isPossibleDuplicate, false);
  });

  promise('parallel claims never give one message to two', async (bench) => {
    await inParallel(30, (index) => bench.start({ ...lost, recipient: `+1415555${index}` }));
    const claims = await inParallel(10, () => bench.storage.claimDeliveries(5, leaseMs));
    const ids = claims.flat().map(({ delivery }) => delivery.id);
    assert.equal(ids.length, 30);
    assert.equal(new Set(ids).size, 30);
    assert.ok(claims.every((claim) => claim.length <= 5));
  });
}

function placesOf(claimed: readonly ClaimedDelivery[]) {
  return claimed.map((one) => [one.delivery.channel, one.earlierOnChannel]).toSorted();
}

function testAttempts(promise: DefinePromise): void {
  promise('what was sent is not claimed again and keeps what the provider said', async (bench) => {
    const { verification, deliveries } = await bench.start(lost);
    const [delivery] = deliveries;
    const sent = attempt(delivery?.id ?? '', {
      provider: 'other',
      providerMessageId: 'SM1',
      costMicros: 7_500,
      currency: 'USD',
    });
    await bench.storage.recordAttempts([sent, attempt(makeId('dl')), attempt('nonsense')]);
    const kept = await bench.readDelivery(verification.id);
    assert.deepEqual(
      [kept.status, kept.provider, kept.providerMessageId, kept.costMicros, kept.currency],
      ['sent', 'other', 'SM1', 7_500, 'USD'],
    );
    assert.deepEqual(
      kept.history.map(({ event }) => event),
      ['queued', 'sent'],
    );
    assert.deepEqual(await bench.storage.claimDeliveries(10, leaseMs), []);
  });

  promise('a retry is due after its pause', async (bench) => {
    const { verification, deliveries } = await bench.start(long);
    const id = deliveries[0]?.id ?? '';
    const retry = attempt(id, { status: 'queued', retryInMs: 5_000, error: 'busy' });
    await bench.storage.recordAttempts([retry]);
    assert.equal((await bench.readDelivery(verification.id)).error, 'busy');
    assert.deepEqual(await bench.storage.claimDeliveries(10, leaseMs), []);
    await bench.advance(5_000);
    const [claimed] = await bench.storage.claimDeliveries(10, leaseMs);
    assert.equal(claimed?.delivery.isPossibleDuplicate, false);
    assert.equal(claimed?.delivery.attempts, 2);
    const unknown = { ...retry, isPossibleDuplicate: true, retryInMs: 0 };
    await bench.storage.recordAttempts([unknown]);
    const [again] = await bench.storage.claimDeliveries(10, leaseMs);
    assert.equal(again?.delivery.isPossibleDuplicate, true);
    assert.equal(again?.delivery.attempts, 3);
  });

  promise('waiting for room uses up no hand-over', async (bench) => {
    const { deliveries } = await bench.start(long);
    const id = deliveries[0]?.id ?? '';
    for (let round = 0; round < 6; round++) {
      const waited = attempt(id, { status: 'queued', wasTried: false, error: 'full' });
      await bench.storage.recordAttempts([waited]);
      const [claimed] = await bench.storage.claimDeliveries(10, leaseMs);
      assert.equal(claimed?.delivery.attempts, 1);
    }
  });

  promise('a failed delivery says why and is over', async (bench) => {
    const { verification, deliveries } = await bench.start(lost);
    const id = deliveries[0]?.id ?? '';
    await bench.storage.recordAttempts([
      attempt(id, { status: 'failed', error: 'no such number' }),
    ]);
    await bench.storage.recordAttempts([attempt(id, { status: 'queued' }), attempt(id)]);
    const kept = await bench.readDelivery(verification.id);
    assert.deepEqual([kept.status, kept.error], ['failed', 'no such number']);
    await bench.advance(leaseMs);
    assert.deepEqual(await bench.storage.claimDeliveries(10, leaseMs), []);
    assert.equal((await bench.read(verification.id)).status, 'pending');
  });
}

function testParts(promise: DefinePromise): void {
  promise(
    'the row tells the parts that were sent, and until then those reserved',
    async (bench) => {
      const { verification, deliveries } = await bench.start({
        ...long,
        deliveries: [bench.delivery({ parts: 3 })],
      });
      const id = deliveries[0]?.id ?? '';
      const retry = attempt(id, { status: 'queued', parts: 2 });
      await bench.storage.recordAttempts([retry]);
      const [claimed] = await bench.storage.claimDeliveries(10, leaseMs);
      assert.equal(claimed?.delivery.parts, 3);
      await bench.storage.recordAttempts([attempt(id, { parts: 2 })]);
      assert.equal((await bench.readDelivery(verification.id)).parts, 2);
      // It is written, not only remembered.
      await bench.reopen();
      assert.equal((await bench.readDelivery(verification.id)).parts, 2);
    },
  );
}

function testWorthless(promise: DefinePromise): void {
  const retry = { status: 'queued', retryInMs: 1_000 } as const;

  promise('a message whose verification is finished is not sent any more', async (bench) => {
    const first = await bench.start(long);
    await bench.storage.recordAttempts([attempt(first.deliveries[0]?.id ?? '', retry)]);
    await bench.cancel(first.verification.id);
    assert.equal((await bench.readDelivery(first.verification.id)).status, 'failed');
    const second = await bench.start(long);
    await bench.cancel(second.verification.id);
    // A node has this one in its hands: what it says still counts.
    assert.equal((await bench.readDelivery(second.verification.id)).status, 'queued');
    const third = await bench.start({ ...long, purpose: 'p3' });
    await bench.cancel(third.verification.id);
    await bench.storage.recordAttempts([
      attempt(second.deliveries[0]?.id ?? ''),
      attempt(third.deliveries[0]?.id ?? '', retry),
    ]);
    assert.equal((await bench.readDelivery(second.verification.id)).status, 'sent');
    assert.equal((await bench.readDelivery(third.verification.id)).status, 'failed');
    const fourth = await bench.start({ leaseMs: 0 });
    await bench.advance(5 * minuteMs);
    assert.deepEqual(await bench.storage.claimDeliveries(10, leaseMs), []);
    assert.equal((await bench.readDelivery(fourth.verification.id)).status, 'failed');
  });

  promise('a message with an old code is not sent after a resend', async (bench) => {
    const { verification, deliveries } = await bench.start(long);
    await bench.storage.recordAttempts([attempt(deliveries[0]?.id ?? '', retry)]);
    await bench.advance(minuteMs);
    assert.equal((await bench.tryResend(verification.id, { leaseMs: 0 })).kind, 'resent');
    assert.equal((await bench.readDelivery(verification.id, 0)).status, 'failed');
    assert.equal((await bench.readDelivery(verification.id, 1)).status, 'queued');
    const claimed = await bench.storage.claimDeliveries(10, leaseMs);
    assert.equal(claimed.length, 1);
    assert.equal(claimed[0]?.delivery.id, (await bench.readDelivery(verification.id, 1)).id);
  });
}

function testReceipts(promise: DefinePromise): void {
  const receiptStatus = fc.constantFrom('sent', 'delivered', 'undelivered', 'read' as const);

  promise('receipts in any order, late or doubled, only move forward', async (bench) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(receiptStatus as fc.Arbitrary<Receipt['status']>, { maxLength: 8 }),
        fc.integer({ min: 0, max: 8 }),
        async (statuses, sentAt) => {
          const { verification, deliveries } = await bench.start();
          const deliveryId = deliveries[0]?.id ?? '';
          let expected = deliveries[0]?.status ?? 'failed';
          for (const [index, status] of statuses.entries()) {
            if (index === sentAt) {
              await bench.storage.recordAttempts([attempt(deliveryId)]);
              if (isStepForward(expected, 'sent')) expected = 'sent';
            }
            const answered = await bench.storage.recordReceipt({ deliveryId, status, error: null });
            if (isStepForward(expected, status)) expected = status;
            assert.equal(answered?.status, expected);
          }
          const kept = await bench.readDelivery(verification.id);
          assert.equal(kept.status, expected);
          assert.equal((await bench.read(verification.id)).status, 'pending');
        },
      ),
      { numRuns: 40 },
    );
  });

  promise(
    'a receipt that overtakes the hand-over keeps the message from a retry',
    async (bench) => {
      const { verification, deliveries } = await bench.start(long);
      const deliveryId = deliveries[0]?.id ?? '';
      await bench.storage.recordReceipt({ deliveryId, status: 'delivered', error: null });
      await bench.storage.recordAttempts([attempt(deliveryId, { providerMessageId: 'SM1' })]);
      const kept = await bench.readDelivery(verification.id);
      assert.deepEqual([kept.status, kept.providerMessageId], ['delivered', 'SM1']);
      await bench.advance(leaseMs);
      assert.deepEqual(await bench.storage.claimDeliveries(10, leaseMs), []);
    },
  );

  promise('a receipt for a message nobody knows finds nothing', async (bench) => {
    for (const deliveryId of [makeId('dl'), 'dl_', '']) {
      const receipt = { deliveryId, status: 'delivered', error: null } as const;
      assert.equal(await bench.storage.recordReceipt(receipt), null);
    }
  });
}
