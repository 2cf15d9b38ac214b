import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { waitFor } from '../end-to-end/running-server.ts';
import { startKafka } from './kafka.ts';
import { findKafkaClient, startKafkaClient } from './kafka-client.ts';
import { findKafka } from './kafka-jars.ts';
import { partOrSkip } from './part.ts';

test('what a broker has taken is there after its kill -9, byte by byte', async (t) => {
  const programs = partOrSkip(t, findKafka());
  const path = partOrSkip(t, findKafkaClient());
  if (programs === null || path === null) return;
  const broker = await startKafka(programs);
  const client = startKafkaClient(path, broker.address());
  try {
    await client.createTopics({ kept: 3 });
    const headers = [
      ['twice', 'one'],
      ['twice', Buffer.from([0, 255, 10])],
      ['nothing', null],
    ] as const;
    const [place] = await client.send([
      { topic: 'kept', key: Buffer.from([0, 1]), value: 'text', headers },
    ]);
    await broker.kill();
    await broker.restart();
    await client.follow(['kept']);
    const read = await waitFor(async () => client.records[0], 30_000);
    assert.deepEqual(read.key, Buffer.from([0, 1]));
    assert.deepEqual(read.value, Buffer.from('text'));
    assert.deepEqual({ partition: read.partition, offset: read.offset }, place);
    assert.deepEqual(read.headers, [
      ['twice', Buffer.from('one')],
      ['twice', Buffer.from([0, 255, 10])],
      ['nothing', null],
    ]);
  } finally {
    await client.close();
    await broker.remove();
  }
  assert.equal(existsSync(broker.folder), false);
});
