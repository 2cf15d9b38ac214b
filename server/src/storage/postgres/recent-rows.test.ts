import assert from 'node:assert/strict';
import { test as unit } from 'node:test';
import { emptyLedger } from '#domain/limits.ts';
import type { Receipt, Storage } from '#service/ports.ts';
import { dayMs, hashOf, key, newDelivery, sixDigitsBits } from '#storage/contract/fixture.ts';
import type { ApplicationNumbers } from '#storage/postgres/application-numbers.ts';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { createRecentRows } from '#storage/postgres/recent-rows.ts';
import { consume, guess, start, startOf } from '#storage/postgres/steps.fixture.ts';
import { createTallies } from '#storage/postgres/tallies.ts';
import { createWorkingSet } from '#storage/postgres/working-set.ts';

const { test } = onPostgres();
const shared = { applications: {} as ApplicationNumbers, tallies: createTallies() };

const step = {
  ...{ application: 1, fingerprint: '', verificationId: '', outcome: null, sealedAnswer: null },
  ...{ leaseUntilMs: 0, createdAtMs: 0 },
};

/** Says which of the rows it still knows. */
function recallSteps(recent: ReturnType<typeof createRecentRows>, names: readonly string[]) {
  const set = createWorkingSet(shared);
  const keys = names.map((keyHash) => ({ table: 'idempotency', keyHash }) as const);
  const unknown = recent.recall(set, keys);
  return { set, known: keys.filter((one) => !unknown.includes(one)).map((one) => one.keyHash) };
}

function keepSteps(recent: ReturnType<typeof createRecentRows>, names: readonly string[]) {
  const set = createWorkingSet(shared);
  for (const keyHash of names) set.idempotency.fill(keyHash, 7, { ...step, keyHash });
  recent.keep(set);
}

unit('what a batch wrote is recalled at the version that the database gave it', () => {
  const recent = createRecentRows();
  const saved = createWorkingSet(shared);
  saved.idempotency.fill('changed', 7, { ...step, keyHash: 'changed' });
  saved.idempotency.fill('read', 7, { ...step, keyHash: 'read' });
  saved.idempotency.fill('absent', 0, null);
  saved.idempotency.change('changed', { ...step, keyHash: 'changed', outcome: 'approved' });
  saved.idempotency.insert('new', { ...step, keyHash: 'new' });
  recent.keep(saved);
  const { set, known } = recallSteps(recent, ['changed', 'read', 'absent', 'new']);
  assert.deepEqual(known, ['changed', 'read', 'new']);
  const versions = known.map((name) => set.idempotency.cells.get(name)?.version);
  assert.deepEqual(versions, [8, 7, saved.firstVersion]);
  assert.equal(set.idempotency.find('changed')?.outcome, 'approved');
});

unit('what is recalled and not written has to be confirmed, what is written has not', () => {
  const recent = createRecentRows();
  keepSteps(recent, ['one', 'other']);
  const { set } = recallSteps(recent, ['one', 'other']);
  set.idempotency.change('other', { ...step, keyHash: 'other' });
  assert.deepEqual(
    [...set.idempotency.unproven()].map(({ id }) => id),
    ['one'],
  );
});

unit('rows that others may have changed are forgotten', () => {
  const recent = createRecentRows();
  keepSteps(recent, ['one', 'other']);
  recent.forget(recallSteps(recent, ['one']).set);
  assert.deepEqual(recallSteps(recent, ['one', 'other']).known, ['other']);
});

unit('no more than 4,096 rows of a table are kept, the newest of them', () => {
  const recent = createRecentRows();
  const names = Array.from({ length: 10_000 }, (_, index) => `key ${index}`);
  for (const name of names) keepSteps(recent, [name]);
  const { known } = recallSteps(recent, names);
  assert.ok(known.length <= 4_096 && known.length >= 2_048, String(known.length));
  assert.deepEqual(known, names.slice(-known.length));
});

unit('no row is recalled more than a minute after it was kept', () => {
  let nowMs = 0;
  const recent = createRecentRows(() => nowMs);
  keepSteps(recent, ['one']);
  nowMs = 60_000;
  keepSteps(recent, ['other']);
  assert.deepEqual(recallSteps(recent, ['one', 'other']).known, ['one', 'other']);
  nowMs = 60_001;
  assert.deepEqual(recallSteps(recent, ['one', 'other']).known, ['other']);
});

unit('a row that was recalled in vain makes all of its kind be read for ten seconds', () => {
  let nowMs = 0;
  const recent = createRecentRows(() => nowMs);
  keepSteps(recent, ['one', 'other']);
  const { set } = recallSteps(recent, ['one']);
  const changed = new Set(set.idempotency.cells.values());
  recent.forget(set);
  recent.learn(set, changed);
  assert.deepEqual(recallSteps(recent, ['other']).known, []);
  nowMs = 9_999;
  assert.deepEqual(recallSteps(recent, ['other']).known, []);
  nowMs = 10_000;
  assert.deepEqual(recallSteps(recent, ['other']).known, ['other']);
});

unit('a row that was read and then changed by another node says nothing of its kind', () => {
  const recent = createRecentRows();
  keepSteps(recent, ['other']);
  const set = createWorkingSet(shared);
  set.idempotency.fill('one', 7, { ...step, keyHash: 'one' });
  recent.learn(set, new Set(set.idempotency.cells.values()));
  assert.deepEqual(recallSteps(recent, ['other']).known, ['other']);
});

const emptyRow = { application: 1, key: 'address', ledger: emptyLedger, live: new Map() };

unit('ledgers of addresses that nodes share leave those of recipients recalled', () => {
  const recent = createRecentRows();
  const live = new Map([['login', { id: 'a verification', checksUsed: 0 }]]);
  const kept = createWorkingSet(shared);
  kept.ledgers.fill('1 address', 7, emptyRow);
  kept.ledgers.fill('1 recipient', 7, { ...emptyRow, key: 'recipient', live });
  recent.keep(kept);
  const keys = ['address', 'recipient'].map(
    (name) => ({ table: 'ledger', application: 1, key: name }) as const,
  );
  const set = createWorkingSet(shared);
  assert.deepEqual(recent.recall(set, keys), []);
  recent.learn(set, new Set([set.ledgers.cells.get('1 address')].filter((one) => one != null)));
  assert.deepEqual(recent.recall(createWorkingSet(shared), keys), keys.slice(0, 1));
});

unit('rows that are large are fewer: no table keeps more than 16 MiB', () => {
  const recent = createRecentRows();
  const sendsAtMs = Array.from({ length: 10_000 }, (_, index) => index);
  const names = Array.from({ length: 400 }, (_, index) => String(index));
  for (const name of names) {
    const set = createWorkingSet(shared);
    const row = { ...emptyRow, key: name, ledger: { ...emptyLedger, sendsAtMs } };
    set.ledgers.fill(`1 ${name}`, 7, row);
    recent.keep(set);
  }
  const keys = names.map((key) => ({ table: 'ledger', application: 1, key }) as const);
  const known = names.length - recent.recall(createWorkingSet(shared), keys).length;
  assert.ok(known > 50 && known * 80_000 <= 16 * 2 ** 20, String(known));
});

/** A start at the first node, whose rows that node remembers, and a second node. */
async function startAtFirst(cluster: Cluster) {
  const [first, second] = [await cluster.open(), await cluster.open()];
  const step = startOf(cluster, '+14155550123');
  const id = await start(first, step);
  const [delivery = newDelivery()] = step.deliveries;
  return { first, second, id, delivery };
}

async function confirmReceipt(storage: Storage, deliveryId: string): Promise<void> {
  const receipt: Receipt = { deliveryId, status: 'delivered', error: null };
  await storage.recordReceipt(receipt);
}

test('a verification that another node has ended takes no guess', async (cluster) => {
  const { first, second, id } = await startAtFirst(cluster);
  await second.cancelVerification({
    ...{ applicationId: cluster.applicationId, verificationId: id, event: 'cancel' },
    idempotency: null,
  });
  const outcome = await consume(first, cluster, id);
  assert.equal(outcome.kind === 'not_admitted' && outcome.reason, 'canceled');
});

test('a guess is compared with the code that another node has sent last', async (cluster) => {
  const { first, second, id } = await startAtFirst(cluster);
  await second.sandbox.advanceClock(60_000);
  const resent = await second.resendCode({
    ...{ applicationId: cluster.applicationId, verificationId: id, codeVersion: 1 },
    ...{ code: { sealedCode: 'second', codeBits: sixDigitsBits }, channel: 'sms' },
    ...{ deliveries: [], ledgers: [], budgets: [], idempotency: key('resend'), leaseMs: 1_000 },
  });
  assert.equal(resent.kind, 'resent');
  const outcome = await consume(first, cluster, id);
  assert.equal(outcome.kind === 'consumed' && outcome.verification.codeVersion, 2);
});

test('an answer tells what another node has learned of a delivery', async (cluster) => {
  const { first, second, id, delivery } = await startAtFirst(cluster);
  const consumed = await consume(first, cluster, id);
  assert.equal(consumed.kind, 'consumed');
  await confirmReceipt(second, delivery.id);
  const answer = await first.settleGuess({
    ...{ applicationId: cluster.applicationId, verificationId: id, codeVersion: 1, isRight: true },
    ...{ chargedAtMs: 0, addressKey: null, idempotency: null },
  });
  assert.equal(answer?.reason, null);
  assert.deepEqual(
    answer?.deliveries.map(({ status }) => status),
    ['delivered'],
  );
});

test('what only reads tells what another node has written', async (cluster) => {
  const { first, second, id, delivery } = await startAtFirst(cluster);
  await confirmReceipt(second, delivery.id);
  assert.equal(await guess(second, cluster, id, true), 'approved');
  const found = await first.readVerification(cluster.applicationId, id);
  assert.equal(found?.verification.status, 'approved');
  assert.equal(found?.deliveries[0]?.status, 'delivered');
});

test('a request that the purge has erased is not recalled', async (cluster) => {
  const storage = await cluster.open();
  const ledgers = [{ key: hashOf('+14155550123'), count: 1, limits: [] }];
  const id = await start(storage, startOf(cluster, '+14155550123'));
  await storage.sandbox.advanceClock(31 * dayMs);
  await storage.expireDue(10);
  // The ledger stays as well: one that has gone would be noticed by itself.
  await start(storage, startOf(cluster, '+14155550123', { ledgers }));
  const readSealed = async () => {
    const outcome = await consume(storage, cluster, id);
    return outcome.kind === 'not_admitted' && outcome.verification.sealedRequest;
  };
  assert.equal(await readSealed(), 'sealed request');
  for (let step = 0; (await storage.purge(100)).more; step++) assert.ok(step < 100);
  assert.equal(await readSealed(), null);
});

test('a row that was deleted behind a node is not there for it', async (cluster) => {
  const { first, id } = await startAtFirst(cluster);
  await cluster.query('DELETE FROM verification');
  assert.equal((await consume(first, cluster, id)).kind, 'not_found');
  await cluster.query('DELETE FROM ledger');
  await start(first, startOf(cluster, '+14155550123'));
});
