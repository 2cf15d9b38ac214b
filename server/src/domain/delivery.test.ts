import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  attemptsMax,
  type DeliveryStatus,
  isStepForward,
  pauseBeforeAttempt,
} from '#domain/delivery.ts';

const statuses: readonly DeliveryStatus[] = [
  'queued',
  'sent',
  'delivered',
  'undelivered',
  'failed',
  'read',
];

/** Every step there is; what is not listed is no step. */
const stepsForward = new Set([
  'queued sent',
  'queued failed',
  'queued delivered',
  'queued undelivered',
  'queued read',
  'sent delivered',
  'sent undelivered',
  'sent read',
  'delivered read',
  'failed delivered',
  'failed read',
]);

for (const from of statuses) {
  for (const to of statuses) {
    const isStep = stepsForward.has(`${from} ${to}`);
    test(`a delivery ${isStep ? 'goes' : 'never goes'} from ${from} to ${to}`, () => {
      assert.equal(isStepForward(from, to), isStep);
    });
  }
}

test('receipts in any order, any number of times, never lead back', () => {
  const receipts = fc.array(fc.constantFrom(...statuses), { maxLength: 30 });
  fc.assert(
    fc.property(receipts, (told) => {
      const passed: DeliveryStatus[] = ['queued'];
      for (const status of told) {
        const current = passed.at(-1) ?? 'queued';
        if (isStepForward(current, status)) passed.push(status);
      }
      assert.equal(new Set(passed).size, passed.length);
      assert.ok(passed.length <= 4);
    }),
  );
});

test('pauses double from one second, up to half a minute, and half of each is chance', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 100].map((attempt) => pauseBeforeAttempt(attempt, 1));
  assert.deepEqual(longest, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  for (const [index, ceiling] of longest.entries()) {
    assert.equal(pauseBeforeAttempt([1, 2, 3, 4, 5, 6, 7, 100][index] ?? 0, 0), ceiling / 2);
  }
  assert.equal(pauseBeforeAttempt(0, 0.5), 750);
});

test('all hand-overs of a message fall well into the life of the shortest code', () => {
  let waitedMs = 0;
  for (let attempt = 1; attempt < attemptsMax; attempt++) {
    waitedMs += pauseBeforeAttempt(attempt, 1);
  }
  assert.ok(waitedMs < 30_000);
});
