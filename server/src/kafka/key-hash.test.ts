import assert from 'node:assert/strict';
import test from 'node:test';
import { compatibilityPartitioner } from '@platformatic/kafka';
import fc from 'fast-check';
import { hashKey } from './key-hash.ts';

/** The cases of Apache Kafka's own `UtilsTest.testMurmur2`, before the sign is cut off. */
const known: readonly (readonly [string, number])[] = [
  ['21', -973_932_308],
  ['foobar', -790_332_482],
  ['a-little-bit-long-string', -985_981_536],
  ['a-little-bit-longer-string', -1_486_304_829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
  ['abc', 479_470_107],
];

test('a key has the number that Apache Kafka gives it', () => {
  for (const [key, hash] of known) assert.equal(hashKey(Buffer.from(key)), hash & 0x7fffffff, key);
});

test('every key of any bytes has the number that the library gives it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const key = Buffer.from(bytes);
      const message = { topic: 'replies', key, value: key };
      assert.equal(hashKey(key), compatibilityPartitioner(message, key));
    }),
  );
});

test('the longest key that a broker takes is no more than so many bytes to go through', () => {
  const key = Buffer.alloc(50_000_000, 'k');
  assert.ok(hashKey(key) >= 0);
});
