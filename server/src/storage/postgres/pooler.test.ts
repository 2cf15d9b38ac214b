import assert from 'node:assert/strict';
import { inParallel } from '#storage/contract/fixture.ts';
import { openPostgresStorage } from '#storage/postgres/index.ts';
import { onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { guess, sent, start, startOf } from '#storage/postgres/steps.fixture.ts';
import { partOrSkip } from '../../../test/parts/part.ts';
import { findPgbouncer, startPgbouncer } from '../../../test/parts/pgbouncer.ts';

const { test } = onPostgres();

test('behind PgBouncer in transaction mode all of it works', async (cluster, context) => {
  const program = partOrSkip(context, findPgbouncer());
  if (program === null) return;
  const pooler = await startPgbouncer(program, cluster.server.url, { poolMode: 'transaction' });
  const url = pooler.through(cluster.url);
  const open = () => openPostgresStorage({ url, role: 'server' });
  const [one, other] = await Promise.all([open(), open()]);
  try {
    for (let round = 0; round < 5; round++) {
      const step = startOf(cluster, `+1415555${round}`);
      const id = await start(one, step);
      const results = await inParallel(20, (index) =>
        guess(index % 2 ? one : other, cluster, id, true),
      );
      assert.equal(results.filter((result) => result === 'approved').length, 1);
      await other.recordAttempts([sent(step.deliveries[0]?.id ?? '')]);
      const found = await one.readVerification(cluster.applicationId, id);
      assert.deepEqual(
        [found?.verification.status, found?.deliveries[0]?.status],
        ['approved', 'sent'],
      );
    }
    await start(one, startOf(cluster, '+14155550123', { leaseMs: 0, lifetimeMs: 3_600_000 }));
    assert.equal((await other.claimDeliveries(10, 1_000)).length, 1);
    await one.sandbox.advanceClock(3_600_000);
    assert.equal((await other.expireDue(10)).expired.length, 1);
    await one.purge(100);
    await one.ping();
  } finally {
    await Promise.all([one.close(), other.close()]);
    await pooler.remove();
  }
});
