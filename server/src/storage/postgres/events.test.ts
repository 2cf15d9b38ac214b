import assert from 'node:assert/strict';
import type { Storage } from '#service/ports.ts';
import { openPostgresStorage } from '#storage/postgres/index.ts';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { start, startOf } from '#storage/postgres/steps.fixture.ts';

const { test } = onPostgres();
const leaseMs = 20_000;

/** Two nodes that keep events. */
async function withNodes(
  { url }: Cluster,
  body: (nodes: readonly [Storage, Storage]) => Promise<void>,
): Promise<void> {
  const open = () => openPostgresStorage({ url, role: 'server', keepsEvents: true });
  const nodes = [await open(), await open()] as const;
  try {
    await body(nodes);
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

/** Reads and removes while others write, until nothing came twice in a row. */
async function tell(node: Storage, isOver: () => boolean): Promise<Map<string, string[]>> {
  const told = new Map<string, string[]>();
  for (let empty = 0; empty < 2; ) {
    const wasOver = isOver();
    const events = await node.events.claimEvents({ holder: 'teller', limit: 7, leaseMs });
    assert.ok(events !== null);
    for (const { verificationId, type } of events) {
      told.set(verificationId, [...(told.get(verificationId) ?? []), type]);
    }
    await node.events.removeEvents(events.map(({ position }) => position));
    empty = events.length === 0 && wasOver ? empty + 1 : 0;
  }
  return told;
}

test('events of two nodes are told once, of each verification in their order', async (cluster) => {
  await withNodes(cluster, async (nodes) => {
    let isOver = false;
    const telling = tell(nodes[0], () => isOver);
    const lives = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const [here, there] = index % 2 === 0 ? nodes : ([nodes[1], nodes[0]] as const);
        const step = startOf(cluster, `+1415555${1_000 + index}`);
        const id = await start(here, step);
        const { applicationId } = cluster;
        const event = 'cancel' as const;
        const cancel = { applicationId, verificationId: id, event, idempotency: null };
        // At both nodes at once: one of them ends it.
        await Promise.all([here, there].map((node) => node.cancelVerification(cancel)));
        return id;
      }),
    );
    isOver = true;
    const told = await telling;
    for (const id of lives) {
      const types = (told.get(id) ?? []).filter((type) => type.startsWith('verification'));
      assert.deepEqual(types, ['verification.started', 'verification.canceled']);
    }
    assert.equal(told.size, lives.length);
  });
});

test('the right to tell passes from a node that is gone to another', async (cluster) => {
  await withNodes(cluster, async ([first, second]) => {
    await start(first, startOf(cluster, '+14155550123'));
    const claimAt = (node: Storage, holder: string) =>
      node.events.claimEvents({ holder, limit: 10, leaseMs });
    assert.equal((await claimAt(first, 'first'))?.length, 1);
    assert.equal(await claimAt(second, 'second'), null);
    await second.sandbox.advanceClock(leaseMs);
    assert.equal((await claimAt(second, 'second'))?.length, 1);
    assert.equal(await claimAt(first, 'first'), null);
  });
});

test('a step that fails in a batch leaves no event', async (cluster) => {
  await withNodes(cluster, async ([node]) => {
    const good = startOf(cluster, '+14155550123');
    const bad = startOf(cluster, '+14155550124', { applicationId: 'app_unknown' });
    const [started, failed] = await Promise.allSettled([
      node.startVerification(good),
      node.startVerification(bad),
    ]);
    assert.deepEqual([started.status, failed.status], ['fulfilled', 'rejected']);
    const events = await node.events.claimEvents({ holder: 'one', limit: 10, leaseMs });
    assert.deepEqual(
      events?.map(({ verificationId, type }) => [verificationId, type]),
      [[good.verification.id, 'verification.started']],
    );
  });
});
