/** Nodes that take turns with the same rows: how seldom one of them has to begin again. */
import assert from 'node:assert/strict';
import type { Storage } from '#service/ports.ts';
import { hashOf, newDelivery } from '#storage/contract/fixture.ts';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { guess, sent, start, startOf } from '#storage/postgres/steps.fixture.ts';

const { test } = onPostgres();

type Pair = readonly [first: Storage, second: Storage];

/** Two nodes do all of this, and are closed; answers how many transactions were rolled back. */
async function rollbacksOf(cluster: Cluster, act: (nodes: Pair) => Promise<void>) {
  await allGone(cluster);
  const before = await readRollbacks(cluster);
  const nodes: Pair = [await cluster.open(), await cluster.open()];
  await act(nodes);
  for (const node of nodes) await node.close();
  await allGone(cluster);
  return (await readRollbacks(cluster)) - before;
}

/** A connection is counted in when it ends. */
async function allGone({ query }: Cluster): Promise<void> {
  const others =
    'SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
  for (let tries = 0; (await query(others)).length > 0; tries++) {
    assert.ok(tries < 10_000, 'a connection stays');
  }
}

async function readRollbacks({ query }: Cluster): Promise<number> {
  const [row] = await query(
    'SELECT xact_rollback::int AS n FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(row?.['n']);
}

test('starts of one client address that take turns at two nodes hardly meet', async (cluster) => {
  const address = { key: hashOf('203.0.113.0/24'), count: 1, limits: [] };
  const rollbacks = await rollbacksOf(cluster, async (nodes) => {
    for (let round = 0; round < 200; round++) {
      const recipient = `+1415555${round}`;
      const ledgers = [{ key: hashOf(recipient), count: 1, limits: [] }, address];
      await start(round % 2 === 0 ? nodes[0] : nodes[1], startOf(cluster, recipient, { ledgers }));
    }
  });
  assert.ok(rollbacks <= 20, `${rollbacks} of 200`);
});

test('a verification whose steps two nodes take by turns hardly meets itself', async (cluster) => {
  const rollbacks = await rollbacksOf(cluster, async (nodes) => {
    for (let round = 0; round < 50; round++) await beVerified(cluster, nodes, `+1415555${round}`);
  });
  assert.ok(rollbacks <= 40, `${rollbacks} of 300`);
});

/** One start, one hand-over, one receipt and three checks. */
async function beVerified(cluster: Cluster, [first, second]: Pair, recipient: string) {
  const step = startOf(cluster, recipient);
  const id = await start(first, step);
  assert.equal(await guess(second, cluster, id, false), 'refused');
  const [delivery = newDelivery()] = step.deliveries;
  await first.recordAttempts([sent(delivery.id)]);
  await second.recordReceipt({ deliveryId: delivery.id, status: 'delivered', error: null });
  assert.equal(await guess(first, cluster, id, false), 'refused');
  assert.equal(await guess(second, cluster, id, true), 'approved');
}

test('a start, its check at another node and the hand-over never meet', async (cluster) => {
  const rollbacks = await rollbacksOf(cluster, async ([first, second]) => {
    for (let round = 0; round < 100; round++) {
      const step = startOf(cluster, `+1415555${round}`);
      const id = await start(first, step);
      assert.equal(await guess(second, cluster, id, true), 'approved');
      await first.recordAttempts(step.deliveries.map((delivery) => sent(delivery.id)));
    }
  });
  assert.equal(rollbacks, 0);
});
