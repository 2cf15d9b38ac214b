import assert from 'node:assert/strict';
import test from 'node:test';
import { silentLog } from '#service/log.fixture.ts';
import type { DeliveredRecord, GroupMember } from './client.ts';
import { holdRecords } from './hold-records.ts';

const parallelMax = 2;

/** Records that are worked on until the test ends them. */
function open(owned = () => true) {
  const commits: bigint[] = [];
  const running = new Map<bigint, (fault?: Error) => void>();
  const memberships: (GroupMember | null)[] = [];
  const join = () => {
    memberships.push({
      ...{ owns: owned, close: async () => {}, records: (async function* () {})() },
    });
  };
  const leave = () => memberships.push(null);
  join();
  const held = holdRecords({
    parallelMax,
    log: silentLog,
    readWork: ({ offset }) => ({
      order: String(offset),
      run: () =>
        new Promise((resolve, reject) => {
          running.set(offset, (fault) => (fault === undefined ? resolve() : reject(fault)));
        }),
    }),
    member: () => memberships.at(-1) ?? null,
  });
  const deliver = (offset: bigint, topic = 'in'): DeliveredRecord => ({
    ...{ topic, partition: 0, offset, timestamp: 1n, key: null, value: null, headers: [] },
    commit: async () => {
      commits.push(offset);
    },
  });
  return { held, commits, running, deliver, join, leave };
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

test('of long records fewer are taken, and one at least', async () => {
  const { held, running, deliver } = open();
  const long = (offset: bigint) => ({ ...deliver(offset), value: Buffer.alloc(9 * 1024 * 1024) });
  await held.take(long(0n));
  let isTaken = false;
  const taking = held.take(long(1n)).then(() => {
    isTaken = true;
  });
  await settle();
  assert.deepEqual([[...running.keys()], isTaken], [[0n], false]);
  running.get(0n)?.();
  await taking;
  assert.deepEqual([...running.keys()], [0n, 1n]);
});

test('a command that is given up is fetched again by a new membership', async () => {
  const { held, commits, running, deliver, join } = open();
  for (const offset of [0n, 1n]) await held.take(deliver(offset));
  running.get(1n)?.();
  running.get(0n)?.(new Error('left'));
  await settle();
  for (let tick = 0; tick < 2; tick += 1) await held.tidyUp();
  assert.deepEqual([held.hasGaps(), commits], [true, []]);
  join();
  for (const offset of [0n, 1n]) await held.take(deliver(offset));
  running.get(0n)?.();
  await settle();
  assert.deepEqual(commits, [1n]);
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

test('what is done while a commit is under way is committed with one that follows', async () => {
  const { held, commits, running, deliver } = open();
  const answer = Promise.withResolvers<void>();
  const first = deliver(0n);
  await held.take({ ...first, commit: () => first.commit().then(() => answer.promise) });
  running.get(0n)?.();
  await settle();
  for (const offset of [1n, 2n, 3n]) {
    await held.take(deliver(offset));
    await settle();
    running.get(offset)?.();
  }
  await settle();
  assert.deepEqual(commits, [0n]);
  answer.resolve();
  while (commits.length < 2) await settle();
  assert.deepEqual(commits, [0n, 3n]);
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

test('what ends between two memberships is known in the next, and committed there', async () => {
  const { held, commits, running, deliver, join, leave } = open();
  await held.take(deliver(0n));
  leave();
  running.get(0n)?.();
  await settle();
  assert.deepEqual(commits, [], 'the membership that fetched it is gone');
  join();
  running.clear();
  await held.take(deliver(0n));
  await held.tidyUp();
  assert.deepEqual([commits, running.size], [[0n], 0]);
});

test('what was left and is done elsewhere holds up nothing in the next membership', async () => {
  let isOurs = false;
  const { held, commits, running, deliver, join } = open(() => isOurs);
  for (const offset of [0n, 1n]) await held.take(deliver(offset));
  await settle();
  isOurs = true;
  join();
  for (let tick = 0; tick < 2; tick += 1) await held.tidyUp();
  assert.equal(held.hasGaps(), false, 'it was not fetched in this one');
  await held.take(deliver(1n));
  running.get(1n)?.();
  await settle();
  assert.deepEqual([held.hasGaps(), commits], [false, [1n]]);
});

/** It is away until nothing of it is known, and comes back in the same membership. */
test('a partition that comes back short of records asks for a new membership', async () => {
  let isOurs = true;
  const { held, commits, running, deliver, join } = open(() => isOurs);
  await held.take(deliver(0n));
  running.get(0n)?.();
  await settle();
  isOurs = false;
  for (const offset of [1n, 2n]) await held.take(deliver(offset));
  await settle();
  for (let tick = 0; tick < 3; tick += 1) await held.tidyUp();
  isOurs = true;
  await held.take(deliver(3n));
  assert.equal(running.has(3n), false, 'nothing is done behind a gap');
  for (let tick = 0; tick < 2; tick += 1) await held.tidyUp();
  assert.equal(held.hasGaps(), true);
  join();
  for (const offset of [1n, 2n, 3n]) await held.take(deliver(offset));
  await settle();
  assert.ok(running.has(1n), 'what was left is worked on');
  assert.deepEqual(commits, [0n]);
});

test('nothing waits to be taken when the membership was left', async () => {
  const { held, commits, running, deliver, join, leave } = open();
  const full = BigInt(parallelMax * 4);
  for (let offset = 0n; offset < full; offset += 1n) await held.take(deliver(offset));
  const waiting = held.take(deliver(full));
  leave();
  held.tellLeft();
  await waiting;
  await held.take(deliver(full + 1n));
  for (let offset = 0n; offset < full; offset += 1n) {
    running.get(offset)?.();
    await settle();
  }
  assert.deepEqual(commits, []);
  running.clear();
  join();
  for (let offset = 0n; offset <= full; offset += 1n) await held.take(deliver(offset));
  await settle();
  assert.deepEqual([...running.keys()], [full], 'what was done is known');
  running.get(full)?.();
  await settle();
  await held.tidyUp();
  assert.equal(commits.at(-1), full);
});

test('no commit goes through a membership that was left, or holds up others', async () => {
  const { held, commits, running, deliver, join } = open();
  const never = { ...deliver(0n, 'gone'), commit: () => new Promise<void>(() => {}) };
  await held.take(never);
  join();
  running.get(0n)?.();
  await settle();
  await held.take(deliver(7n));
  running.get(7n)?.();
  await settle();
  assert.deepEqual(commits, [7n]);
});

test('a topic that stands still is skipped until it has room, and others go on', async () => {
  const { held, commits, running, deliver, join } = open();
  const full = BigInt(parallelMax * 4);
  for (let offset = 0n; offset < full; offset += 1n) await held.take(deliver(offset));
  const skipping = held.take(deliver(full));
  for (let tick = 0; tick < 5; tick += 1) await held.tidyUp();
  await skipping;
  await held.take(deliver(full + 1n));
  await held.take(deliver(100n, 'other'));
  assert.ok(running.has(100n), 'another topic is worked on');
  assert.equal(held.hasGaps(), false, 'without room nothing is to be fetched again');

  for (let offset = 0n; offset < full; offset += 1n) {
    running.get(offset)?.();
    await settle();
  }
  await held.take(deliver(full + 2n));
  await settle();
  assert.equal(running.has(full + 2n), false, 'what comes after a skipped record is skipped');
  for (let tick = 0; tick < 2; tick += 1) await held.tidyUp();
  assert.equal(commits.at(-1), full - 1n);
  assert.equal(held.hasGaps(), true);
  join();
  for (let offset = full; offset < full + 3n; offset += 1n) await held.take(deliver(offset));
  assert.ok(running.has(full) && running.has(full + 1n));
  await held.tidyUp();
  assert.equal(held.hasGaps(), false);
});

test('a topic that is full and goes on skips nothing', async () => {
  const { held, running, deliver } = open();
  const full = BigInt(parallelMax * 4);
  for (let offset = 0n; offset < full; offset += 1n) await held.take(deliver(offset));
  const waiting = [full, full + 1n].map((offset) => held.take(deliver(offset)));
  for (let tick = 0; tick < 20; tick += 1) {
    await held.tidyUp();
    if (tick % 4 === 0) {
      const [offset] = running.keys();
      assert.ok(offset !== undefined);
      running.get(offset)?.();
      running.delete(offset);
      await settle();
    }
  }
  await Promise.all(waiting);
  assert.equal(held.hasGaps(), false);
});
