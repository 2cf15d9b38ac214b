import assert from 'node:assert/strict';
import type { BudgetEntry, Storage } from '#service/ports.ts';
import { hashOf, inParallel, key, newDelivery } from '#storage/contract/fixture.ts';
import { onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { consume, guess, start, startOf } from '#storage/postgres/steps.fixture.ts';

const { test } = onPostgres();

function openThree(open: () => Promise<Storage>): Promise<Storage[]> {
  return inParallel(3, open);
}

function nodeOf(nodes: readonly Storage[], index: number): Storage {
  const node = nodes[index % nodes.length];
  assert.ok(node);
  return node;
}

test('of 40 right guesses over three nodes exactly one approves', async (cluster) => {
  const nodes = await openThree(cluster.open);
  for (let round = 0; round < 30; round++) {
    const id = await start(nodeOf(nodes, round), startOf(cluster, `+1415555${round}`));
    const results = await inParallel(40, (index) => guess(nodeOf(nodes, index), cluster, id, true));
    assert.equal(results.filter((result) => result === 'approved').length, 1);
    assert.ok(results.filter((result) => result !== null).length <= 5);
    const found = await nodeOf(nodes, round).readVerification(cluster.applicationId, id);
    assert.equal(found?.verification.status, 'approved');
  }
});

test('the guess budget of a recipient holds over three nodes', async (cluster) => {
  const nodes = await openThree(cluster.open);
  const ids = await inParallel(8, (index) =>
    start(nodeOf(nodes, index), startOf(cluster, '+14155550123', { purpose: `p${index}` })),
  );
  const results = await inParallel(60, (index) =>
    guess(nodeOf(nodes, index), cluster, ids[index % 8] ?? '', false),
  );
  assert.equal(results.filter((result) => result !== null).length, 10);
  const [ledger] = await cluster.query('SELECT failures FROM ledger');
  assert.equal(String(ledger?.['failures']).split(' ').length, 10);
});

test('a step with one key over three nodes has one effect', async (cluster) => {
  const nodes = await openThree(cluster.open);
  for (let round = 0; round < 10; round++) {
    const idempotency = key(`round ${round}`);
    const outcomes = await inParallel(9, (index) =>
      nodeOf(nodes, index).startVerification(startOf(cluster, `+1415555${round}`, { idempotency })),
    );
    const kinds = outcomes.map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'started').length, 1, kinds.join());
    assert.equal(kinds.filter((kind) => kind === 'key_in_use').length, 8, kinds.join());
  }
  const [rows] = await cluster.query('SELECT count(*)::int AS count FROM verification');
  assert.equal(rows?.['count'], 10);
});

test('starts of one recipient at three nodes leave one live verification', async (cluster) => {
  const nodes = await openThree(cluster.open);
  for (let round = 0; round < 10; round++) {
    const recipient = `+1415555${round}`;
    const ids = await inParallel(12, (index) =>
      start(nodeOf(nodes, index), startOf(cluster, recipient)),
    );
    const rows = await cluster.query(
      "SELECT id FROM verification WHERE id = ANY ($1) AND status = 'pending'",
      [ids],
    );
    assert.equal(rows.length, 1);
    const live = await nodeOf(nodes, round).findLive(
      cluster.applicationId,
      hashOf(recipient),
      `login\n${hashOf(recipient)}`,
    );
    assert.equal(live, rows[0]?.['id']);
  }
});

test('the budget of a day is not passed over three nodes', async (cluster) => {
  const nodes = await openThree(cluster.open);
  const unit = 1_000_000;
  const budgets: BudgetEntry[] = [
    { scope: 'all', micros: unit, maxMicros: 25 * unit, currency: 'USD' },
    { scope: 'US', micros: unit, maxMicros: 20 * unit, currency: 'USD' },
  ];
  const deliveries = [newDelivery({ quoteMicros: unit, currency: 'USD' })];
  const outcomes = await inParallel(90, (index) =>
    nodeOf(nodes, index).startVerification(
      startOf(cluster, `+1415555${index}`, { budgets, deliveries }),
    ),
  );
  const kinds = outcomes.map(({ kind }) => kind);
  assert.equal(kinds.filter((kind) => kind === 'started').length, 20);
  assert.equal(kinds.filter((kind) => kind === 'refused').length, 70);
  const spent = await cluster.query(
    'SELECT scope, micros::int AS micros FROM budget ORDER BY scope',
  );
  assert.deepEqual(spent, [
    { scope: 'US', micros: 20 * unit },
    { scope: 'all', micros: 20 * unit },
  ]);
});

test('a client address is counted over three nodes', async (cluster) => {
  const nodes = await openThree(cluster.open);
  const limits = [{ name: 'address_starts_hour', max: 10, windowSeconds: 3_600 }];
  const outcomes = await inParallel(45, (index) => {
    const recipient = `+1415555${index}`;
    const ledgers = [
      { key: hashOf(recipient), count: 1, limits: [] },
      { key: hashOf('203.0.113.0/24'), count: 1, limits },
    ];
    return nodeOf(nodes, index).startVerification(startOf(cluster, recipient, { ledgers }));
  });
  assert.equal(outcomes.filter(({ kind }) => kind === 'started').length, 10);
});

test('what a dead node had in its hands goes out from another, once', async (cluster) => {
  const [dead, ...alive] = await openThree(cluster.open);
  assert.ok(dead);
  const step = { lifetimeMs: 3_600_000, leaseMs: 300 };
  await inParallel(30, (index) => start(dead, startOf(cluster, `+1415555${index}`, step)));
  await dead.close();
  const claimed: string[] = [];
  for (let tries = 0; claimed.length < 30 && tries < 10_000; tries++) {
    const claims = await inParallel(6, (index) => nodeOf(alive, index).claimDeliveries(4, 60_000));
    claimed.push(...claims.flat().map(({ delivery }) => delivery.id));
  }
  assert.equal(new Set(claimed).size, 30);
});

test('expiry runs on one node at a time and misses nothing', async (cluster) => {
  const nodes = await openThree(cluster.open);
  const ids = await inParallel(200, (index) =>
    start(nodeOf(nodes, index), startOf(cluster, `+1415555${index}`, { hasCallback: true })),
  );
  await nodeOf(nodes, 0).sandbox.advanceClock(300_000);
  const expired: string[] = [];
  for (let round = 0; expired.length < 200 && round < 100; round++) {
    const steps = await inParallel(6, (index) => nodeOf(nodes, index).expireDue(20));
    for (const step of steps) expired.push(...step.expired.map(({ id }) => id));
  }
  assert.deepEqual(expired.toSorted(), ids.toSorted());
  const callbacks = await inParallel(3, (index) =>
    nodeOf(nodes, index).claimCallbacks(1_000, 60_000),
  );
  const told = callbacks.flat().map(({ verificationId }) => verificationId);
  assert.deepEqual(told.toSorted(), ids.toSorted());
});

test('guesses that another node counted ask for longer codes', async (cluster) => {
  const [first, second] = await openThree(cluster.open);
  assert.ok(first && second);
  await inParallel(100, async (index) => {
    const id = await start(first, startOf(cluster, `+1415555${index}`));
    assert.equal(await guess(first, cluster, id, false), 'refused');
  });
  await first.close();
  for (let tries = 0; ; tries++) {
    const outcome = await second.startVerification(startOf(cluster, `+1415556${tries}`));
    if (outcome.kind === 'code_too_weak') break;
    assert.ok(tries < 10_000, 'the spray is never seen');
  }
});

test('an application that another node made is known at once', async (cluster) => {
  const [first, second] = await openThree(cluster.open);
  assert.ok(first && second);
  const id = await start(second, startOf(cluster, '+14155550123'));
  assert.equal((await consume(first, cluster, id)).kind, 'consumed');
});
