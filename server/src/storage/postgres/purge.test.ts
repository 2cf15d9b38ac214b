import assert from 'node:assert/strict';
import type { Storage } from '#service/ports.ts';
import { makeIdAt } from '#storage/contract/fixture.ts';
import { dayMs } from '#storage/postgres/days.ts';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { guess, sent, start, startOf } from '#storage/postgres/steps.fixture.ts';

const { test } = onPostgres();

for (const days of [100, -100]) {
  test(`a machine whose clock is off by ${days} days loses nothing`, async (cluster, context) => {
    const storage = await cluster.open();
    await storage.expireDue(10);
    const step = startOf(cluster, '+14155550123');
    const id = await start(storage, step);
    // Nothing is under way, so it is the clocks alone that keep the day.
    assert.equal(await guess(storage, cluster, id, true), 'approved');
    await storage.recordAttempts(step.deliveries.map((delivery) => sent(delivery.id)));
    context.mock.timers.enable({ apis: ['Date'], now: Date.now() + days * dayMs });
    await storage.purge(100);
    context.mock.timers.reset();
    assert.ok(await storage.readVerification(cluster.applicationId, id));
  });
}

interface Case {
  readonly name: string;
  readonly isVerificationOld: boolean;
  readonly isDeliveryOld: boolean;
  /** Ends what is under way. */
  end(
    storage: Storage,
    cluster: Cluster,
    ids: { id: string; deliveryId: string },
  ): Promise<unknown>;
}

const cases: readonly Case[] = [
  {
    name: 'a verification that is pending',
    isVerificationOld: true,
    isDeliveryOld: false,
    end: (storage, cluster, { id }) => guess(storage, cluster, id, true),
  },
  {
    name: 'a message that is owed',
    isVerificationOld: false,
    isDeliveryOld: true,
    end: (storage, _cluster, { deliveryId }) => storage.recordAttempts([sent(deliveryId)]),
  },
];

for (const { name, isVerificationOld, isDeliveryOld, end } of cases) {
  test(`an old day stays as long as it has ${name}`, async (cluster) => {
    const storage = await cluster.open();
    await storage.expireDue(10);
    const oldMs = Date.now() - 700 * dayMs;
    const step = startOf(cluster, '+14155550123');
    const deliveryId = isDeliveryOld ? makeIdAt('dl', oldMs) : (step.deliveries[0]?.id ?? '');
    const id = isVerificationOld ? makeIdAt('vf', oldMs) : step.verification.id;
    await start(storage, {
      ...step,
      verification: { ...step.verification, id },
      deliveries: step.deliveries.map((delivery) => ({ ...delivery, id: deliveryId })),
    });
    const countDays = async () => (await cluster.query(daysOfTables))[0]?.['count'];
    const before = await countDays();
    await storage.purge(100);
    assert.equal(await countDays(), before);
    const found = await storage.readVerification(cluster.applicationId, id);
    assert.equal(found?.verification.status, 'pending');
    await end(storage, cluster, { id, deliveryId });
    await storage.purge(100);
    assert.equal(await countDays(), Number(before) - 1);
  });
}

const daysOfTables =
  "SELECT count(*)::int AS count FROM pg_inherits WHERE inhparent = 'verification'::regclass";
