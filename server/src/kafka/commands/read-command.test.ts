import assert from 'node:assert/strict';
import test from 'node:test';
import { ok } from '#domain/refusal.ts';
import { orderOf, readNativeCommand } from '#kafka/commands/read-command.ts';
import type { Header, KafkaRecord } from '#kafka/record.ts';

const bytesMax = 100;

function recordOf(value: string | Buffer | null, more: Partial<KafkaRecord> = {}): KafkaRecord {
  return {
    ...{ topic: 'commands', partition: 3, offset: 17n, timestamp: 1_700_000_000_000n },
    ...{ key: null, headers: [] },
    value: value === null ? null : Buffer.from(value),
    ...more,
  };
}

const keyed = (...keys: (string | null)[]): readonly Header[] =>
  keys.map((key) => [Buffer.from('Idempotency-Key'), key === null ? null : Buffer.from(key)]);

test('a command is read, and its fields are left as they are', () => {
  const record = recordOf('{"command":"check","id":"vf_1","code":["7"],"nothing":null}');
  assert.deepEqual(
    readNativeCommand(record, bytesMax),
    ok({
      name: 'check',
      fields: { id: 'vf_1', code: ['7'], nothing: null },
      key: 'kafka:commands:3:17:1700000000000',
    }),
  );
});

const noCommands = {
  not_json: [null, '', '{', '[]', '"start"', 'null', Buffer.from([0x22, 0xff])],
  request_invalid: [
    ...['{}', '{"command":"START"}', '{"command":["start"]}', '{"command":"__proto__"}'],
    '{"__proto__":{"command":"start"}}',
  ],
  body_too_large: [`{"command":"start","text":"${'x'.repeat(bytesMax)}"}`],
};

for (const [code, values] of Object.entries(noCommands)) {
  for (const value of values) {
    test(`no command (${code}): ${String(value).slice(0, 40)}`, () => {
      const read = readNativeCommand(recordOf(value), bytesMax);
      assert.equal(read.ok ? null : read.error.code, code);
    });
  }
}

const keys = [
  [keyed('order-17'), 'order-17'],
  [[[Buffer.from('idempotency-key'), Buffer.from('order-17')]], 'order-17'],
  // What no call takes as a key is refused there.
  [keyed('one', 'two'), 'one two'],
  [keyed(null), ''],
] as const;

for (const [headers, key] of keys) {
  test(`the key that a producer chose stands before the record's place: "${key}"`, () => {
    const record = recordOf('{"command":"start"}', { headers });
    const read = readNativeCommand(record, bytesMax);
    assert.equal(read.ok && read.value.key, key);
  });
}

test('commands wait for each other by their key, else by the person, else by the partition', () => {
  const order = (value: string, key: string | null = null) => {
    const record = recordOf(value, { key: key === null ? null : Buffer.from(key) });
    return orderOf(record, readNativeCommand(record, bytesMax));
  };
  const ann = '{"command":"start","recipient":"ann"}';
  assert.equal(order(ann, 'k'), order('{', 'k'));
  assert.notEqual(order(ann, 'k'), order(ann, 'l'));
  assert.equal(order(ann), order('{"command":"check","recipient":"ann","code":"1"}'));
  assert.notEqual(order(ann), order('{"command":"start","recipient":"bob"}'));
  assert.equal(order('{'), order('{"command":"start","recipient":7}'));
});
