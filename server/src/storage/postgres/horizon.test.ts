import assert from 'node:assert/strict';
import test from 'node:test';
import { makeIdAt } from '#storage/contract/fixture.ts';
import { dayMs } from '#storage/postgres/days.ts';
import { createWideLook } from '#storage/postgres/horizon.ts';
import { onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { start, startOf } from '#storage/postgres/steps.fixture.ts';

const { test: testOnPostgres } = onPostgres();

test('a look into all days is due until one succeeded, and again ten minutes later', () => {
  let nowMs = 0;
  const wideLook = createWideLook(() => nowMs);
  assert.ok(wideLook.isDue());
  assert.ok(wideLook.isDue(), 'asking is not looking');
  wideLook.succeeded();
  assert.ok(!wideLook.isDue());
  nowMs += 599_999;
  assert.ok(!wideLook.isDue());
  nowMs += 1;
  assert.ok(wideLook.isDue());
});

testOnPostgres('a look into all days that failed is made up for by the next', async (cluster) => {
  const first = await cluster.open();
  const step = startOf(cluster, '+14155550123');
  const id = makeIdAt('dl', Date.now() - 10 * dayMs);
  const deliveries = step.deliveries.map((delivery) => ({ ...delivery, id }));
  await start(first, { ...step, deliveries });
  // Nobody has it in hand any more.
  await cluster.query('UPDATE delivery SET due_at_ms = 0');
  const storage = await cluster.open();
  await cluster.query('ALTER TABLE delivery RENAME COLUMN due_at_ms TO elsewhere');
  await assert.rejects(storage.claimDeliveries(10, 1_000));
  await cluster.query('ALTER TABLE delivery RENAME COLUMN elsewhere TO due_at_ms');
  const claimed = await storage.claimDeliveries(10, 1_000);
  assert.deepEqual(
    claimed.map(({ delivery }) => delivery.id),
    [id],
  );
});
