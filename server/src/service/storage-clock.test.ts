import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStorageClock } from '#service/storage-clock.ts';

/** A storage whose time is 5,000 s ahead, and what it was asked. */
function createBench() {
  const bench = { monotonicMs: 0, aheadMs: 5_000_000, asked: 0, isAway: false };
  const storage = {
    async now() {
      bench.asked++;
      if (bench.isAway) throw new Error('away');
      return bench.monotonicMs + bench.aheadMs;
    },
  };
  return { bench, clock: createStorageClock(storage, () => bench.monotonicMs) };
}

test('the storage is asked once a second, and time runs in between', async () => {
  const { bench, clock } = createBench();
  assert.deepEqual(await Promise.all([clock.nowMs(), clock.nowMs()]), [5_000_000, 5_000_000]);
  bench.monotonicMs = 999;
  assert.equal(await clock.nowMs(), 5_000_999);
  assert.equal(bench.asked, 1);
  bench.monotonicMs = 1_000;
  assert.equal(await clock.nowMs(), 5_001_000);
  assert.equal(bench.asked, 2);
});

test('a clock that was moved is asked at once', async () => {
  const { bench, clock } = createBench();
  await clock.nowMs();
  bench.aheadMs += 3_600_000;
  assert.equal(await clock.nowMs(), 5_000_000);
  clock.forget();
  assert.equal(await clock.nowMs(), 8_600_000);
});

test('a storage that was away is asked again by the next one', async () => {
  const { bench, clock } = createBench();
  bench.isAway = true;
  await assert.rejects(clock.nowMs(), /away/);
  bench.isAway = false;
  assert.equal(await clock.nowMs(), 5_000_000);
});
