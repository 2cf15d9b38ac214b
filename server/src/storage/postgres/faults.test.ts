import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type Storage, StorageUnavailable } from '#service/ports.ts';
import { inParallel, key, makeIdAt } from '#storage/contract/fixture.ts';
import { dayAt, dayMs } from '#storage/postgres/days.ts';
import { openPostgresStorage } from '#storage/postgres/index.ts';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { consume, guess, sent, start, startOf } from '#storage/postgres/steps.fixture.ts';

const { test } = onPostgres();

/** Ends every connection of the storages, as an operator or a restart would. */
async function cutConnections({ query }: Cluster): Promise<void> {
  await query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'watchword' AND datname = current_database()`,
  );
}

function kindOf(outcome: PromiseSettledResult<unknown>): string {
  return outcome.status === 'fulfilled' ? 'done' : (outcome.reason as Error).name;
}

test('a connection that breaks fails what is under way alone, and is replaced', async (cluster) => {
  const storage = await cluster.open();
  const id = await start(storage, startOf(cluster, '+14155550123'));
  // The row is held by somebody else, so the batch is under way when its connection is cut.
  await cluster.query('BEGIN');
  await cluster.query('SELECT FROM ledger FOR UPDATE');
  const underWay = Promise.allSettled([consume(storage, cluster, id)]);
  for (let waits = 0; waits === 0; ) {
    const [row] = await cluster.query(
      "SELECT count(*)::int AS waits FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
    );
    waits = Number(row?.['waits']);
  }
  const waiting = inParallel(20, (index) => start(storage, startOf(cluster, `+1415555${index}`)));
  await turn();
  await cutConnections(cluster);
  assert.deepEqual((await underWay).map(kindOf), ['StorageUnavailable']);
  assert.equal((await waiting).length, 20);
  await cluster.query('COMMIT');
  assert.equal(await guess(storage, cluster, id, true), 'approved');
});

test('every connection that broke while nothing was under way goes unnoticed', async (cluster) => {
  const storage = await cluster.open();
  await inParallel(8, () => storage.listApplications());
  await cutConnections(cluster);
  // Until the ends of the connections have arrived here.
  for (let tries = 0; tries < 1_000; tries++) {
    const [calls] = await Promise.allSettled([storage.now()]);
    if (calls?.status === 'fulfilled') break;
  }
  await start(storage, startOf(cluster, '+14155550123'));
  assert.equal((await storage.listApplications()).length, 1);
});

test('a node whose tables a newer version has changed says so, and stays up', async (cluster) => {
  const storage = await cluster.open();
  const id = await start(storage, startOf(cluster, '+14155550123'));
  const told = { name: 'StorageUnavailable', message: /Install that version on this node/ };
  await cluster.query('ALTER TABLE delivery RENAME parts TO pieces');
  await assert.rejects(start(storage, startOf(cluster, '+14155550124')), told);
  await cluster.query('ALTER TABLE template RENAME TO model');
  await assert.rejects(storage.listTemplates(cluster.applicationId), told);
  await cluster.query('ALTER TABLE ledger RENAME TO book');
  await assert.rejects(storage.findLive(cluster.applicationId, 'key', 'live'), told);
  await cluster.query('ALTER TABLE book RENAME TO ledger');
  assert.equal(await guess(storage, cluster, id, false), 'refused');
});

test('one item that the database refuses fails alone', async (cluster) => {
  const storage = await cluster.open();
  const good = (index: number) => startOf(cluster, `+1415555${index}`);
  const outcomes = await Promise.allSettled([
    storage.startVerification(good(1)),
    storage.startVerification(startOf(cluster, '+1', { reference: 'a\0b' })),
    storage.startVerification(good(2)),
    storage.startVerification(startOf(cluster, '+2', { checksMax: 2 ** 40 })),
    storage.startVerification(good(3)),
  ]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    [...['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']],
  );
  const [row] = await cluster.query('SELECT count(*)::int AS count FROM verification');
  assert.equal(row?.['count'], 3);
  const { items } = await storage.listVerifications({
    ...{ applicationId: cluster.applicationId, status: null, recipientHash: null, purpose: null },
    ...{ reference: 'a\0b', limit: 10, before: null },
  });
  assert.deepEqual(items, []);
});

test('a day that another node dropped is not found, and not written to', async (cluster) => {
  const one = await cluster.open();
  const oldMs = Date.now() - 100 * dayMs;
  const old = makeIdAt('vf', oldMs);
  await start(one, startOf(cluster, '+14155550123', { id: old }));
  const other = await cluster.open();
  assert.equal(await guess(other, cluster, old, true), 'approved');
  await one.purge(100);
  const partition = `verification_${dayAt(oldMs)}`;
  const [gone] = await cluster.query('SELECT to_regclass($1) IS NULL AS gone', [partition]);
  assert.equal(gone?.['gone'], true, 'the partition was dropped whole');
  for (const storage of [one, other]) {
    assert.equal(await storage.readVerification(cluster.applicationId, old), null);
    assert.deepEqual(await consume(storage, cluster, old), { kind: 'not_found' });
    await start(storage, startOf(cluster, '+14155550199'));
  }
});

test('a day in use is not dropped, and holds nobody up', async (cluster) => {
  const storage = await cluster.open();
  const old = makeIdAt('vf', Date.now() - 100 * dayMs);
  await start(storage, startOf(cluster, '+14155550123', { id: old }));
  assert.equal(await guess(storage, cluster, old, true), 'approved');
  await cluster.query('BEGIN');
  await cluster.query('SELECT count(*) FROM verification');
  await storage.purge(100);
  assert.ok(await storage.readVerification(cluster.applicationId, old));
  await cluster.query('COMMIT');
  await storage.purge(100);
  assert.equal(await storage.readVerification(cluster.applicationId, old), null);
});

test('expiry and purge are left to the node that is at them', async (cluster) => {
  const storage = await cluster.open();
  await start(storage, startOf(cluster, '+14155550123', { idempotency: key('a') }));
  await storage.sandbox.advanceClock(2 * dayMs);
  for (const lock of ['watchword_expiry', 'watchword_purge']) {
    await cluster.query('BEGIN');
    await cluster.query('SELECT pg_advisory_xact_lock(hashtext($1))', [lock]);
    if (lock === 'watchword_expiry') {
      assert.deepEqual(await storage.expireDue(10), { expired: [], more: false });
    } else {
      assert.deepEqual(await storage.purge(10), { more: false });
      assert.equal((await cluster.query('SELECT FROM idempotency')).length, 1);
    }
    await cluster.query('ROLLBACK');
  }
  assert.equal((await storage.expireDue(10)).expired.length, 1);
  await storage.purge(10);
  assert.equal((await cluster.query('SELECT FROM idempotency')).length, 0);
});

test('the queue is bounded: beyond it the answer comes at once', async (cluster) => {
  const storage = await cluster.open();
  const outcomes = await Promise.allSettled(Array.from({ length: 10_500 }, () => storage.now()));
  const kinds = Map.groupBy(outcomes, kindOf);
  assert.equal(kinds.get('StorageUnavailable')?.length, 500);
  assert.equal(kinds.get('done')?.length, 10_000);
});

test('what was asked for before the end is done', async (cluster) => {
  const storage = await cluster.open();
  const started = inParallel(600, (index) => start(storage, startOf(cluster, `+1415${index}`)));
  const closed = storage.close();
  const ids = await started;
  await closed;
  const other = await cluster.open();
  const found = await Promise.all(
    ids.map((id) => other.readVerification(cluster.applicationId, id)),
  );
  assert.ok(found.every((one) => one !== null));
});

test('a database that is gone is told, and works again when it is back', async (cluster) => {
  const storage = await cluster.open();
  const id = await start(storage, startOf(cluster, '+14155550123'));
  await cluster.server.kill();
  const calls: readonly ((from: Storage) => Promise<unknown>)[] = [
    (from) => from.now(),
    (from) => from.recordAttempts([sent('dl_x')]),
    (from) => from.listApplications(),
    (from) => from.claimDeliveries(10, 1_000),
    (from) => from.expireDue(10),
    (from) => from.ping(),
  ];
  for (const call of calls) {
    await assert.rejects(call(storage), { name: 'StorageUnavailable' }, String(call));
  }
  await cluster.server.restart();
  await storage.ping();
  assert.ok(await storage.readVerification(cluster.applicationId, id));
});

test('a database that stalls is told, and what follows is not held up', async (cluster) => {
  const proxy = await startStallingProxy(cluster.server.port);
  const url = Object.assign(new URL(cluster.url), { port: String(proxy.port) }).href;
  const storage = await openPostgresStorage({ url, role: 'server' });
  try {
    const id = await start(storage, startOf(cluster, '+14155550123'));
    proxy.stall();
    const beganAtMs = performance.now();
    await assert.rejects(consume(storage, cluster, id), { name: 'StorageUnavailable' });
    assert.ok(performance.now() - beganAtMs < 10_000);
    proxy.flow();
    assert.equal(await guess(storage, cluster, id, true), 'approved');
  } finally {
    proxy.close();
    await storage.close();
  }
});

/** Passes everything on until it is told to keep it, on connections that stay open. */
async function startStallingProxy(target: number) {
  const sockets = new Set<Socket>();
  let isStalled = false;
  const server = createServer((from) => {
    const to = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(one);
      one.on('data', (data) => isStalled || other.write(data));
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    stall() {
      isStalled = true;
    },
    flow() {
      isStalled = false;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('a life that is over before it is written down is not written down', async (cluster) => {
  const storage = await cluster.open();
  const step = startOf(cluster, '+14155550123', { lifetimeMs: 0 });
  await assert.rejects(storage.startVerification(step), StorageUnavailable);
  const [rows] = await cluster.query('SELECT count(*)::int AS count FROM verification');
  assert.equal(rows?.['count'], 0);
  assert.ok(await start(storage, startOf(cluster, '+14155550123')));
});
