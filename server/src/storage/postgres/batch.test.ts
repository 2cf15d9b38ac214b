import assert from 'node:assert/strict';
import test from 'node:test';
import type { ApplicationNumbers } from '#storage/postgres/application-numbers.ts';
import { type Batching, runBatch } from '#storage/postgres/batch.ts';
import { createClock } from '#storage/postgres/clock.ts';
import type { Operation } from '#storage/postgres/operations.ts';
import type { Partitions } from '#storage/postgres/partitions.ts';
import { createRecentRows } from '#storage/postgres/recent-rows.ts';
import { createTallies } from '#storage/postgres/tallies.ts';

/** A database without rows in which each exchange takes a minute. */
function emptyDatabase(): Batching {
  let nowMs = 0;
  return {
    shared: { applications: {} as ApplicationNumbers, tallies: createTallies() },
    partitions: { has: (_day: number) => true } as Partitions,
    recent: createRecentRows(),
    clock: createClock(() => 0),
    async exchange(commands) {
      nowMs += 60_000;
      return commands.map((_, index) => (index === 0 ? [[String(nowMs), '0', '0']] : []));
    },
  };
}

test('a step that asks for more rows is judged by the time of the first', async () => {
  const timesMs: number[] = [];
  const operation: Operation<string> = {
    keys: () => [{ table: 'ledger', application: 1, key: 'one' }],
    run(tables, nowMs) {
      timesMs.push(nowMs);
      tables.ledgers.read(1, 'one', nowMs);
      tables.ledgers.read(1, 'another', nowMs);
      return 'over';
    },
  };
  const outcomes = await runBatch(emptyDatabase(), [{ operation, keys: [] }]);
  assert.deepEqual(outcomes, [{ kind: 'done', value: 'over' }]);
  assert.deepEqual(timesMs, [60_000, 60_000]);
});
