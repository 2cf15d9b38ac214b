import assert from 'node:assert/strict';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { consume, start, startOf } from '#storage/postgres/steps.fixture.ts';

const { test } = onPostgres();

async function versionOf({ query }: Cluster): Promise<number> {
  const [row] = await query('SELECT version FROM ledger');
  return Number(row?.['version']);
}

test('a row that was made anew is another one for those who read the old one', async (cluster) => {
  const storage = await cluster.open();
  const versions: number[] = [];
  for (let times = 0; times < 3; times++) {
    await start(storage, startOf(cluster, '+14155550123'));
    versions.push(await versionOf(cluster));
    await cluster.query('DELETE FROM ledger');
  }
  assert.equal(new Set(versions).size, 3);
  assert.ok(versions.every((version) => version > 0 && version <= 2 ** 30));
});

test('a change makes the next version', async (cluster) => {
  const storage = await cluster.open();
  const id = await start(storage, startOf(cluster, '+14155550123'));
  const version = await versionOf(cluster);
  assert.equal((await consume(storage, cluster, id)).kind, 'consumed');
  assert.equal(await versionOf(cluster), version + 1);
});
