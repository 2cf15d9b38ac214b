import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isoTime } from '#api/iso-time.ts';

test('a moment is written as the language itself writes it, in any order of days', () => {
  const anyMs = fc.integer({ min: -8.64e15, max: 8.64e15 });
  const ourMs = fc.integer({ min: Date.UTC(2024), max: Date.UTC(2100) });
  const edges = fc.constantFrom(0, -1, 999, 1_000, 86_399_999, 86_400_000, -86_400_000);
  fc.assert(
    fc.property(fc.oneof(ourMs, anyMs, edges), (timeMs) => {
      assert.equal(isoTime(timeMs), new Date(timeMs).toISOString());
    }),
    { numRuns: 2_000 },
  );
});

test('what is no moment is a bug and says so', () => {
  for (const timeMs of [Number.NaN, Number.POSITIVE_INFINITY, 9e15]) {
    assert.throws(() => isoTime(timeMs), RangeError);
  }
});
