import assert from 'node:assert/strict';
import test from 'node:test';
import type { DeliveredRecord } from './client.ts';
import { holdRecords } from './hold-records.ts';

const parallelMax = 2;

/** Records that are worked on until the test ends them. */
function open(owned = () => true) {
  const commits: bigint[] = [];
  const running = new Map<bigint, () => void>();
  const silent = () => {};
  const held = holdRecords({
    parallelMax,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    readWork: ({ offset }) => ({
      order: String(offset),
      run: () =>
        new Promise((resolve) => {
          running.set(offset, resolve);
        }),
    }),
    member: () => ({ owns: owned, close: async () => {}, records: (async function* () {})() }),
  });
  const deliver = (offset: bigint): DeliveredRecord => ({
    ...{ topic: 'in', partition: 0, offset, timestamp: 1n, key: null, value: null, headers: [] },
    commit: async () => {
      commits.push(offset);
    },
  });
  return { held, commits, running, deliver };
}

/** Long enough for everything that waits for nothing. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

test('no record is taken while as many are worked on and wait as may', async () => {
  const { held, running, deliver } = open();
  let taken = 0;
  const taking = (async () => {
    for (let offset = 0n; offset < 10n; offset += 1n) {
      await held.take(deliver(offset));
      taken += 1;
    }
  })();
  await settle();
  assert.deepEqual([taken, running.size], [parallelMax * 4, parallelMax]);
  for (let offset = 0n; offset < 10n; offset += 1n) {
    running.get(offset)?.();
    await settle();
  }
  await taking;
});

test('what is done is committed up to the first that is not', async () => {
  const { held, commits, running, deliver } = open();
  for (const offset of [0n, 1n]) await held.take(deliver(offset));
  running.get(1n)?.();
  await settle();
  assert.deepEqual(commits, []);
  running.get(0n)?.();
  await settle();
  assert.deepEqual(commits, [1n]);
});

test('a record that comes again while it is worked on is worked on once', async () => {
  const { held, commits, running, deliver } = open();
  await held.take(deliver(0n));
  await held.take(deliver(0n));
  running.get(0n)?.();
  await settle();
  assert.deepEqual([commits, running.size], [[0n], 1]);
  await held.stop();
});

test('a partition that another node has got is neither committed nor worked on here', async () => {
  let isOurs = true;
  const { held, commits, running, deliver } = open(() => isOurs);
  for (const offset of [0n, 1n, 2n]) await held.take(deliver(offset));
  isOurs = false;
  for (const offset of [0n, 1n]) running.get(offset)?.();
  await settle();
  assert.deepEqual([commits, [...running.keys()]], [[], [0n, 1n]]);
  await held.stop();
});

test('records that were left and do not come again ask for a new membership', async () => {
  let isOurs = false;
  const { held, commits, running, deliver } = open(() => isOurs);
  await held.take(deliver(0n));
  await settle();
  isOurs = true;
  await held.tidyUp();
  assert.equal(held.hasGaps(), false, 'a group that changes needs a moment');
  await held.tidyUp();
  assert.equal(held.hasGaps(), true);
  await held.take(deliver(0n));
  running.get(0n)?.();
  await settle();
  await held.tidyUp();
  assert.deepEqual([held.hasGaps(), commits], [false, [0n]]);
});
