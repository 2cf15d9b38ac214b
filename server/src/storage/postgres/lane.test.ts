import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from '#storage/postgres/batch.ts';
import type { HotConnection } from '#storage/postgres/hot-connection.ts';
import { createLane } from '#storage/postgres/lane.ts';
import type { Operation } from '#storage/postgres/operations.ts';

const waitingMax = 10_000;

const connection: HotConnection = {
  exchange: async () => [],
  isUsable: () => true,
  close: async () => {},
};

function makeOperation(): Operation<unknown> {
  return { keys: () => [], run: () => null };
}

test('operations that another node was faster than count among those that wait', async () => {
  const seen = new Set<Operation<unknown>>();
  const secondTime = Promise.withResolvers<number>();
  const gate = Promise.withResolvers<void>();
  // Each is contended when it is run first, and held up when it is run again.
  const lane = createLane(
    async () => connection,
    async (_, batch) => {
      const isAgain = batch.some(({ operation }) => seen.has(operation));
      for (const { operation } of batch) seen.add(operation);
      if (!isAgain) return batch.map((): Outcome => ({ kind: 'contended', keys: [] }));
      secondTime.resolve(batch.length);
      await gate.promise;
      return batch.map((): Outcome => ({ kind: 'done', value: null }));
    },
  );
  const calls = Array.from({ length: waitingMax }, () => lane.submit(makeOperation()));
  const underWay = await secondTime.promise;
  for (let room = 0; room < underWay; room++) calls.push(lane.submit(makeOperation()));
  await assert.rejects(lane.submit(makeOperation()), { name: 'StorageUnavailable' });
  gate.resolve();
  assert.equal((await Promise.all(calls)).length, waitingMax + underWay);
  await lane.close();
});

test('a batch is answered when the next one is on its way', async () => {
  const log: string[] = [];
  const second = Promise.withResolvers<void>();
  const lane = createLane(
    async () => connection,
    async (_, batch) => {
      const isFirst = log.push(`batch of ${batch.length}`) === 1;
      if (isFirst) second.resolve(ask('second'));
      return batch.map((): Outcome => ({ kind: 'done', value: null }));
    },
  );
  async function ask(name: string): Promise<void> {
    await lane.submit(makeOperation());
    log.push(`${name} is answered`);
  }
  await Promise.all([ask('first'), second.promise]);
  await lane.close();
  assert.deepEqual(log, ['batch of 1', 'batch of 1', 'first is answered', 'second is answered']);
});
