import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatId,
  headAt,
  headOf,
  headsPerMs,
  idRandomLength,
  shardOfHash,
  shardOfId,
  shards,
} from '#domain/id.ts';

const heads = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const bytes = fc.uint8Array({ minLength: idRandomLength, maxLength: idRandomLength });

test('the head of an id is read back from it', () => {
  fc.assert(
    fc.property(heads, bytes, (head, random) => {
      assert.equal(headOf(formatId('vf', head, random), 'vf'), head);
    }),
  );
});

test('ids sort as texts in the order of their heads', () => {
  fc.assert(
    fc.property(heads, heads, bytes, (first, second, random) => {
      fc.pre(first !== second);
      const isEarlier = formatId('dl', first, random) < formatId('dl', second, random);
      assert.equal(isEarlier, first < second);
    }),
  );
});

test('an id is a prefix, 11 characters of time and 26 of chance', () => {
  const zeros = new Uint8Array(idRandomLength);
  assert.equal(formatId('vf', 0, zeros), `vf_${'0'.repeat(37)}`);
  assert.equal(formatId('app', 33, zeros.fill(255)), `app_00000000011${'z'.repeat(26)}`);
});

test('all 130 random bits stand in the id', () => {
  const random = randomBytes(idRandomLength);
  const ids = new Set([formatId('vf', 7, random)]);
  for (let place = 0; place < idRandomLength; place++) {
    for (let bit = 0; bit < 5; bit++) {
      const changed = Buffer.from(random);
      changed[place] = (changed[place] ?? 0) ^ (1 << bit);
      ids.add(formatId('vf', 7, changed));
    }
  }
  assert.equal(ids.size, 1 + idRandomLength * 5);
});

test('the largest whole number is a head, and the next one is none', () => {
  const largest = formatId('vf', Number.MAX_SAFE_INTEGER, new Uint8Array(idRandomLength));
  assert.equal(headOf(largest, 'vf'), Number.MAX_SAFE_INTEGER);
  const next = formatId('vf', Number.MAX_SAFE_INTEGER + 1, new Uint8Array(idRandomLength));
  assert.equal(headOf(next, 'vf'), null);
  assert.equal(headOf(`vf_${'z'.repeat(37)}`, 'vf'), null);
});

test('heads rise with time, 4096 a millisecond, and fit until 2093', () => {
  assert.equal(headAt(Date.UTC(2024, 0, 1)), 0);
  assert.equal(headAt(Date.UTC(1999, 0, 1)), 0);
  const moment = Date.UTC(2026, 5, 1);
  assert.equal(headAt(moment + 1) - headAt(moment), headsPerMs);
  assert.ok(Number.isSafeInteger(headAt(Date.UTC(2093, 0, 1)) + headsPerMs));
});

const good = formatId('vf', 12_345_678, randomBytes(idRandomLength));
const malformed: readonly [name: string, id: string][] = [
  ['nothing', ''],
  ['a prefix alone', 'vf_'],
  ['another prefix', good.replace('vf_', 'dl_')],
  ['a longer prefix', good.replace('vf_', 'vfx_')],
  ['no prefix', good.slice(3)],
  ['one character less', good.slice(0, -1)],
  ['one character more', `${good}0`],
  ['capital letters', good.toUpperCase()],
  ['a letter that Crockford left out', `${good.slice(0, -1)}u`],
  ['a line break after it', `${good}\n`],
  ['a blank before it', ` ${good}`],
  ['a digit of another script', `${good.slice(0, -1)}٣`],
  ['a megabyte', `vf_${'0'.repeat(1_000_000)}`],
];

for (const [name, id] of malformed) {
  test(`what has ${name} is no id`, () => {
    assert.equal(headOf(id, 'vf'), null);
  });
}

test('an id ends with the shard of its recipient, and one without it belongs to shard 0', () => {
  fc.assert(
    fc.property(heads, bytes, fc.nat(shards - 1), (head, random, shard) => {
      const id = formatId('vf', head, random, shard);
      assert.equal(shardOfId(id), shard);
      assert.equal(headOf(id, 'vf'), head);
      assert.equal(shardOfId(formatId('vf', head, random)), 0);
    }),
  );
});

test('keyed hashes spread evenly over the shards', () => {
  const counts = new Array<number>(shards).fill(0);
  for (let round = 0; round < 100 * shards; round++) {
    const shard = shardOfHash(randomBytes(32).toString('base64url'));
    counts[shard] = (counts[shard] ?? 0) + 1;
  }
  // 100 each on average; six standard deviations either way.
  assert.ok(counts.every((count) => count > 40 && count < 160));
});
