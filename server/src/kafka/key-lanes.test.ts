import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createKeyLanes } from './key-lanes.ts';

const work = fc.record({
  word: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  turns: fc.integer({ min: 0, max: 5 }),
});

test('work of one key runs in its order, alone, and never more than allowed at once', async () => {
  const works = fc.array(work, { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(works, fc.integer({ min: 1, max: 4 }), async (added, runningMax) => {
      const lanes = createKeyLanes(runningMax);
      const begun: { word: string; index: number }[] = [];
      const running = new Set<string>();
      const ends = added.map(({ word, turns }, index) => {
        const ended = Promise.withResolvers<void>();
        lanes.add(word, async () => {
          assert.ok(!running.has(word), `two of ${word} at once`);
          running.add(word);
          assert.ok(running.size <= runningMax);
          begun.push({ word, index });
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
          running.delete(word);
          ended.resolve();
        });
        return ended.promise;
      });
      await Promise.all(ends);
      for (const { word } of added) {
        const order = begun.filter((one) => one.word === word).map(({ index }) => index);
        assert.deepEqual(
          order,
          order.toSorted((one, other) => one - other),
        );
      }
    }),
  );
});
