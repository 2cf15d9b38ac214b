import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayAt } from '#storage/postgres/days.ts';
import { createKnownDays, createPartitions } from '#storage/postgres/partitions.ts';
import type { Sql } from '#storage/postgres/sql.ts';

/** A database whose looks are counted, and wait to be answered where a test wants that. */
function createCounted(answer: () => Promise<readonly number[]> | readonly number[]) {
  const counted = { looks: 0 };
  const sql: Sql = {
    async rows<Row>() {
      counted.looks++;
      return (await answer()).map((day) => ({ day: String(day) })) as Row[];
    },
    run: async () => 0,
  };
  return { sql, counted };
}

const today = dayAt(Date.now());

test('ids of a day without a partition cost one look per second', async () => {
  const { sql, counted } = createCounted(() => [today]);
  const known = createKnownDays();
  const partitions = createPartitions(sql, known);
  for (const day of [today - 1, today - 3, today + 2, today - 1_000, today + 1_000]) {
    for (let batch = 0; batch < 10; batch++) await partitions.learn([today, day]);
  }
  assert.equal(counted.looks, 1);
  known.lookedAtMs -= 1_001;
  await partitions.learn([today - 1]);
  assert.equal(counted.looks, 2);
});

test('today and tomorrow are looked for each time they are missed', async () => {
  const { sql, counted } = createCounted(() => []);
  const partitions = createPartitions(sql, createKnownDays());
  for (const day of [today, today + 1, today]) await partitions.learn([day]);
  assert.equal(counted.looks, 3);
});

test('after a look that failed nothing passes for absent', async () => {
  const { sql } = createCounted(() => Promise.reject(new Error('It is down.')));
  const partitions = createPartitions(sql, createKnownDays());
  for (let batch = 0; batch < 3; batch++) {
    await assert.rejects(partitions.learn([today - 1]), /It is down/);
  }
});

test('a look that ends late does not forget what one that began later has seen', async () => {
  const early = Promise.withResolvers<readonly number[]>();
  const known = createKnownDays();
  const before = createPartitions(createCounted(() => early.promise).sql, known).look();
  const partitions = createPartitions(createCounted(() => [today - 1, today]).sql, known);
  await partitions.look();
  early.resolve([today]);
  await before;
  assert.deepEqual(partitions.all(), [today - 1, today]);
});
