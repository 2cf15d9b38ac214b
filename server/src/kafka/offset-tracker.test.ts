import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createOffsetTracker } from './offset-tracker.ts';

function at(offset: number, timestamp = 1): { offset: bigint; timestamp: bigint } {
  return { offset: BigInt(offset), timestamp: BigInt(timestamp) };
}

test('a commit never goes past a record that is not done, and at last to the end', () => {
  const order = fc.shuffledSubarray([...Array(20).keys()], { minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(order, fc.array(fc.boolean()), (finishing, commits) => {
      const tracker = createOffsetTracker();
      const done = new Set<number>();
      for (let offset = 0; offset < 20; offset += 1) assert.ok(tracker.receive(at(offset)));
      for (const [index, offset] of finishing.entries()) {
        tracker.finish(at(offset));
        done.add(offset);
        const last = tracker.committable();
        const lowestOpen = [...Array(21).keys()].find((one) => !done.has(one)) ?? 21;
        if (last !== undefined) assert.equal(Number(last.offset), lowestOpen - 1);
        if (last !== undefined && commits[index] === true) tracker.forget(last);
      }
      const last = tracker.committable();
      if (last !== undefined) tracker.forget(last);
      assert.equal(tracker.size(), 0);
    }),
  );
});

test('a record that comes again while it is worked on, or uncommitted, is not new', () => {
  const tracker = createOffsetTracker();
  assert.ok(tracker.receive(at(4)));
  assert.ok(!tracker.receive(at(4)));
  tracker.finish(at(4));
  assert.ok(!tracker.receive(at(4)));
  const again = at(4);
  tracker.receive(again);
  assert.equal(tracker.committable(), again, 'the newest delivery of it is what is committed');
});

test('what was forgotten and comes again is worked on, and holds back what lies behind it', () => {
  const tracker = createOffsetTracker();
  for (const offset of [1, 2, 3]) tracker.receive(at(offset));
  tracker.finish(at(1));
  tracker.forget(at(1));
  tracker.finish(at(2));
  assert.ok(tracker.receive(at(1)));
  assert.equal(tracker.committable(), undefined);
  tracker.finish(at(1));
  assert.deepEqual(tracker.committable(), at(2));
});

test('what was left holds back what lies behind it until it came again and is done', () => {
  const tracker = createOffsetTracker();
  for (const offset of [1, 2]) tracker.receive(at(offset));
  tracker.leave(at(1));
  tracker.finish(at(2));
  assert.equal(tracker.committable(), undefined);
  assert.deepEqual([tracker.has('left'), tracker.has('open')], [true, false]);
  assert.ok(tracker.receive(at(1)), 'it is worked on again');
  tracker.finish(at(1));
  assert.deepEqual(tracker.committable(), at(2));
});

test('a topic that was made anew begins at its first offset again', () => {
  const tracker = createOffsetTracker();
  tracker.receive(at(0, 1));
  assert.ok(tracker.receive(at(0, 2)));
  tracker.finish(at(0, 1));
  assert.equal(tracker.committable(), undefined, 'the old record is not the new one');
  tracker.finish(at(0, 2));
  assert.deepEqual(tracker.committable(), at(0, 2));
});
