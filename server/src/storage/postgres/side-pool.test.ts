import assert from 'node:assert/strict';
import { defaultSettings } from '#domain/application.ts';
import type { Storage } from '#service/ports.ts';
import { hashOf, inParallel, makeId } from '#storage/contract/fixture.ts';
import { onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { start, startOf } from '#storage/postgres/steps.fixture.ts';

const { test } = onPostgres();

const poolMax = 8;

function list(storage: Storage, applicationId: string): ReturnType<Storage['listVerifications']> {
  return storage.listVerifications({
    ...{ applicationId, status: null, recipientHash: null, purpose: null },
    ...{ reference: null, limit: 10, before: null },
  });
}

/** One that the node under test has not heard of, with one message in it that its node lost. */
async function makeElsewhere(other: Storage, recipient: string): Promise<string> {
  const applicationId = makeId('app');
  await other.createApplication({
    ...{ id: applicationId, name: 'new', settings: defaultSettings, createdAtMs: 0 },
  });
  await start(other, startOf({ applicationId }, recipient, { leaseMs: 0 }));
  return applicationId;
}

for (const count of [poolMax + 1, 30]) {
  test(`${count} lists at once are answered, and a key is found meanwhile`, async (cluster) => {
    const storage = await cluster.open();
    const { applicationId } = cluster;
    const hash = hashOf('key');
    await storage.createApiKey({
      ...{ id: makeId('key'), hash, applicationId, label: '', createdAtMs: 0, revokedAtMs: null },
    });
    const id = await start(storage, startOf(cluster, '+14155550123'));
    const lists = inParallel(count, () => list(storage, applicationId));
    const found = storage.findApiKey(hash);
    for (const { items } of await lists) {
      assert.deepEqual(
        items.map(({ verification }) => verification.id),
        [id],
      );
    }
    assert.equal((await found)?.applicationId, applicationId);
  });
}

test('more lists than connections learn of an application of another node', async (cluster) => {
  const storage = await cluster.open();
  const applicationId = await makeElsewhere(await cluster.open(), '+14155550123');
  const pages = await inParallel(2 * poolMax, () => list(storage, applicationId));
  assert.ok(pages.every(({ items }) => items.length === 1));
});

test('jobs at once that meet an application of another node go on', async (cluster) => {
  const storage = await cluster.open();
  const other = await cluster.open();
  await inParallel(poolMax, (index) => makeElsewhere(other, `+1415555${index}`));
  const claims = await inParallel(2 * poolMax, () => storage.claimDeliveries(1, 20_000));
  assert.equal(claims.flat().length, poolMax);
});
