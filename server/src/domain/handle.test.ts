import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decimalHandle,
  isNamedBy,
  readDecimalHandle,
  readUuidHandle,
  readWordHandle,
  uuidHandle,
  wordHandle,
} from '#domain/handle.ts';
import { formatId, headOf, idRandomLength, shardOfId, shards } from '#domain/id.ts';

const head = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER));
const random = fc.uint8Array({ minLength: idRandomLength, maxLength: idRandomLength });
const shard = fc.option(fc.integer({ min: 0, max: shards - 1 }));
const ids = fc.tuple(head, random, shard).map((parts) => formatId('vf', ...parts));

const shapes = [
  { name: 'decimal', write: decimalHandle, read: readDecimalHandle, shape: /^\d{1,19}$/ },
  {
    name: 'UUID',
    write: uuidHandle,
    read: readUuidHandle,
    shape: /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  },
  { name: 'word', write: wordHandle, read: readWordHandle, shape: /^[0-9a-z]{15}$/ },
];

for (const { name, write, read, shape } of shapes) {
  test(`a ${name} handle has its vendor's shape and leads back to its id`, () => {
    fc.assert(
      fc.property(ids, (id) => {
        const text = write(id);
        assert.match(text, shape);
        const handle = read(text);
        assert.ok(handle);
        assert.equal(handle.head, headOf(id, 'vf'));
        assert.equal(handle.shard, shardOfId(id));
        assert.ok(isNamedBy(id, handle));
      }),
    );
  });

  test(`two ids with other heads or shards never share a ${name} handle`, () => {
    fc.assert(
      fc.property(ids, ids, (first, second) => {
        const isSameRow =
          headOf(first, 'vf') === headOf(second, 'vf') && shardOfId(first) === shardOfId(second);
        if (!isSameRow) assert.notEqual(write(first), write(second));
      }),
    );
  });

  test(`whatever is read as a ${name} handle is spelled in one way only`, () => {
    fc.assert(
      fc.property(fc.oneof(fc.stringMatching(shape), fc.string()), (text) => {
        const handle = read(text);
        if (handle === null) return;
        const id = formatId('vf', handle.head, new Uint8Array(idRandomLength), handle.shard);
        const { count, bits } = handle.random;
        assert.ok(bits < 1n << BigInt(count) && bits >= 0n);
        if (isNamedBy(id, handle)) assert.equal(write(id), text);
      }),
    );
  });
}

test('a decimal handle fits a signed 64-bit integer', () => {
  const highest = formatId('vf', Number.MAX_SAFE_INTEGER, new Uint8Array(26), shards - 1);
  assert.ok(BigInt(decimalHandle(highest)) < 2n ** 63n);
  assert.equal(readDecimalHandle(String(2n ** 63n)), null);
  assert.equal(readDecimalHandle('01'), null);
});

test('the rest of a handle tells its id from another one in the same place', () => {
  const [one, other] = [0, 31].map((byte) =>
    formatId('vf', 7, new Uint8Array(idRandomLength).fill(byte), 3),
  );
  assert.ok(one && other);
  for (const { write, read } of shapes.slice(1)) {
    const handle = read(write(one));
    assert.ok(handle && isNamedBy(one, handle) && !isNamedBy(other, handle));
  }
});

test('what is no id of a verification has no handle', () => {
  for (const { write } of shapes) assert.throws(() => write(`dl_${'0'.repeat(37)}`));
});
