import assert from 'node:assert/strict';
import { dayMs } from '#storage/postgres/days.ts';
import { openPostgresStorage } from '#storage/postgres/index.ts';
import { onPostgres } from '#storage/postgres/postgres.fixture.ts';

const { test } = onPostgres();

const refused = [
  { ms: 100 * dayMs, sentence: /it is 2400 hours ahead of the database's/ },
  { ms: -100 * dayMs, sentence: /it is 2400 hours behind the database's/ },
  { ms: 13 * 3_600_000, sentence: /it is 13 hours ahead of/ },
];

for (const { ms, sentence } of refused) {
  test(`a clock that is off by ${ms / 3_600_000} hours stops a start`, async (cluster, context) => {
    context.mock.timers.enable({ apis: ['Date'], now: Date.now() + ms });
    await assert.rejects(cluster.open(), { name: 'PostgresRefused', message: sentence });
    await (await openPostgresStorage({ url: cluster.url, role: 'tool' })).close();
  });
}

test('a server whose clock is off by some hours starts', async (cluster, context) => {
  for (const hours of [-11, 11]) {
    context.mock.timers.enable({ apis: ['Date'], now: Date.now() + hours * 3_600_000 });
    assert.equal((await (await cluster.open()).listApplications()).length, 1);
    context.mock.timers.reset();
  }
});
