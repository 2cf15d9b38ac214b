import assert from 'node:assert/strict';
import test from 'node:test';
import { silentLog } from '#service/log.fixture.ts';
import { createCommandCounts } from './command-counts.ts';
import type { Command } from './command-topic.ts';
import { readWork } from './read-work.ts';
import type { KafkaRecord, OutgoingRecord } from './record.ts';
import { createSender } from './sender.ts';

const silent = () => {};

function open(read: (record: KafkaRecord) => Command) {
  const written: OutgoingRecord[] = [];
  const sender = createSender({
    async produce(records) {
      written.push(...records);
    },
    async ensureTopic() {},
    waiting: silent,
    retryWaitMs: 1,
  });
  const counts = createCommandCounts(['in']);
  const carrying = {
    ...{ sender, retries: 0, retryIntervalMs: 1, stopping: new AbortController().signal },
    deadLetters: { topic: 'dead', bytesMax: 1_000, fieldNames: new Set<string>() },
    log: silentLog,
  };
  const topics = new Map([['in', { topic: 'in', fieldNames: [], read }]]);
  const recordOf = (bytes: number): KafkaRecord => ({
    ...{ topic: 'in', partition: 0, offset: 0n, timestamp: 0n, key: null, headers: [] },
    value: Buffer.alloc(bytes, 'a'),
  });
  const work = (bytes: number) => readWork({ topics, carrying, counts }, recordOf(bytes));
  return { work, written, counts };
}

test('a command whose reading fails is a dead letter, and nothing is thrown', async () => {
  const { work, written, counts } = open(() => {
    throw new Error('a bug');
  });
  await work(1).run(() => true);
  assert.equal(written[0]?.topic, 'dead');
  assert.equal(JSON.parse(String(written[0]?.value)).reason, 'failed');
  assert.equal(counts.read().find(({ outcome }) => outcome === 'dead_letter')?.count, 1);
});

for (const { bytes, reads } of [
  { bytes: 100, reads: 1 },
  { bytes: 100_000, reads: 2 },
]) {
  test(`what was read of ${bytes} bytes is kept while it waits: ${reads === 1}`, async () => {
    let times = 0;
    const { work } = open(() => {
      times += 1;
      return {
        order: 'one',
        carryOut: async () => ({ replies: [], deadLetter: null }),
        answerFault: () => [],
      };
    });
    const { order, run } = work(bytes);
    assert.equal(order, 'one');
    await run(() => true);
    assert.equal(times, reads);
  });
}
