import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp } from '#api/app.fixture.ts';
import type { KafkaState } from '#service/kafka-port.ts';

function linesOf(text: string, start: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(start));
}

test('metrics are text that Prometheus reads, of the process and of the version', async () => {
  const response = await openApp().app.inject('/metrics');
  assert.equal(response.statusCode, 200);
  assert.match(String(response.headers['content-type']), /^text\/plain; version=0\.0\.4/);
  assert.match(response.body, /^process_resident_memory_bytes [1-9]\d+$/m);
  assert.deepEqual(linesOf(response.body, 'watchword_'), ['watchword_info{version="1.2.3"} 1']);
});

test('metrics tell of the brokers and of the commands as they are when they are read', async () => {
  let state: KafkaState = {
    status: 'disconnected',
    detail: 'No broker can be reached.',
    sinceMs: 1_000,
    missingTopics: ['a.v1', 'b.v1'],
  };
  let count = 3;
  const { app } = openApp({}, null, {
    state: () => state,
    commandCounts: () => [
      { topic: 'c.v1', outcome: 'answered', count },
      { topic: 'c.v1', outcome: 'dead_letter', count: 0 },
    ],
  });
  const read = async () => linesOf((await app.inject('/metrics')).body, 'watchword_kafka');
  assert.deepEqual(await read(), [
    'watchword_kafka_connected 0',
    'watchword_kafka_missing_topics 2',
    'watchword_kafka_commands_total{topic="c.v1",outcome="answered"} 3',
    'watchword_kafka_commands_total{topic="c.v1",outcome="dead_letter"} 0',
  ]);
  state = { ...state, status: 'connected', detail: null, missingTopics: [] };
  count = 5;
  assert.deepEqual((await read()).slice(0, 3), [
    'watchword_kafka_connected 1',
    'watchword_kafka_missing_topics 0',
    'watchword_kafka_commands_total{topic="c.v1",outcome="answered"} 5',
  ]);
});
