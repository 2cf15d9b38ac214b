import assert from 'node:assert/strict';
import { makeIdAt, minuteMs } from '#storage/contract/fixture.ts';
import { dayMs } from '#storage/postgres/days.ts';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { start, startOf } from '#storage/postgres/steps.fixture.ts';

const { test } = onPostgres();

async function endedUntilMs({ query }: Cluster): Promise<number> {
  const [row] = await query("SELECT position FROM purge_position WHERE name = 'expiry'");
  return Number(String(row?.['position']).split(' ')[0]);
}

test('a life is looked for again as long as its row may have been locked', async (cluster) => {
  const storage = await cluster.open();
  await start(storage, startOf(cluster, '+14155550123'));
  const nowMs = await storage.now();
  await storage.expireDue(10);
  const untilMs = await endedUntilMs(cluster);
  assert.ok(untilMs >= nowMs - minuteMs && untilMs <= (await storage.now()) - minuteMs);
});

test('a life whose row was locked for a while ends later', async (cluster) => {
  const storage = await cluster.open();
  const id = await start(storage, startOf(cluster, '+14155550123'));
  const endedAtMs = (await storage.now()) - minuteMs / 2;
  await cluster.query('UPDATE verification SET expires_at_ms = $1', [endedAtMs]);
  await cluster.query('BEGIN');
  await cluster.query('SELECT FROM verification FOR UPDATE');
  assert.deepEqual(await storage.expireDue(10), { expired: [], more: false });
  await cluster.query('COMMIT');
  const other = await cluster.open();
  const { expired } = await other.expireDue(10);
  assert.deepEqual(
    expired.map((one) => one.id),
    [id],
  );
});

test('looks that follow each other find what has come to its end since', async (cluster) => {
  const storage = await cluster.open();
  await storage.expireDue(10);
  for (const number of [1, 2, 3]) {
    const id = await start(storage, startOf(cluster, `+1415555012${number}`));
    const nowMs = await storage.now();
    await cluster.query('UPDATE verification SET expires_at_ms = $1 WHERE id = $2', [nowMs, id]);
    const { expired } = await storage.expireDue(10);
    assert.deepEqual(
      expired.map((one) => one.id),
      [id],
    );
  }
});

const wrongByMs = [-700 * dayMs, -5 * dayMs, 5 * dayMs];

for (const ms of wrongByMs) {
  test(`a life ends whose id is off by ${ms / dayMs} days`, async (cluster) => {
    const storage = await cluster.open();
    await storage.expireDue(10);
    const id = makeIdAt('vf', Date.now() + ms);
    await start(storage, startOf(cluster, '+14155550123', { id, lifetimeMs: minuteMs }));
    // Time comes to its end without the sandbox, and the look goes far enough past it.
    await cluster.query('UPDATE verification SET expires_at_ms = expires_at_ms - 120000');
    const other = await cluster.open();
    const { expired } = await other.expireDue(10);
    assert.deepEqual(
      expired.map((one) => one.id),
      [id],
    );
    assert.equal(
      (await other.readVerification(cluster.applicationId, id))?.verification.status,
      'expired',
    );
  });
}

test('strays that fill a step make no recent life be passed over', async (cluster) => {
  const storage = await cluster.open();
  await storage.expireDue(10);
  const recent = await start(storage, startOf(cluster, '+14155550100'));
  const strays: string[] = [];
  for (const number of [1, 2]) {
    const id = makeIdAt('vf', Date.now() - 700 * dayMs, number);
    strays.push(await start(storage, startOf(cluster, `+1415555012${number}`, { id })));
  }
  await storage.sandbox.advanceClock(dayMs);
  const other = await cluster.open();
  const first = await other.expireDue(2);
  assert.deepEqual(first.expired.map(({ id }) => id).toSorted(), strays.toSorted());
  assert.ok(first.more);
  const second = await other.expireDue(2);
  assert.deepEqual(
    second.expired.map(({ id }) => id),
    [recent],
  );
});
