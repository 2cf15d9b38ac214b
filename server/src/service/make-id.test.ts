import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headAt, headOf, headsPerMs } from '#domain/id.ts';
import { makeId } from '#service/make-id.ts';

test('ids of one process are all different and rise in the order they were made', () => {
  let last = '';
  let lastHead = -1;
  const randoms = new Set<string>();
  for (let count = 0; count < 50_000; count++) {
    const id = makeId('vf');
    const head = headOf(id, 'vf') ?? -1;
    assert.ok(id > last && head > lastHead);
    randoms.add(id.slice(14));
    [last, lastHead] = [id, head];
  }
  assert.equal(randoms.size, 50_000);
});

test('heads rise over all kinds of ids, so no two things share one', () => {
  const delivery = headOf(makeId('dl'), 'dl') ?? 0;
  const verification = headOf(makeId('vf'), 'vf') ?? 0;
  assert.ok(verification > delivery);
});

test('a head tells when its id was made, to within a second', () => {
  const before = headAt(Date.now());
  const head = headOf(makeId('evt'), 'evt') ?? 0;
  assert.ok(head >= before && head < before + 1_000 * headsPerMs);
});

test('heads keep rising when the machine’s clock is set back', (context) => {
  const first = headOf(makeId('vf'), 'vf') ?? 0;
  context.mock.timers.enable({ apis: ['Date'], now: Date.now() - 3_600_000 });
  const second = headOf(makeId('vf'), 'vf') ?? 0;
  assert.equal(second, first + 1);
});

test('every symbol stands at every random place of an id, about as often as any other', () => {
  const counts = new Map<string, number>();
  const made = 6_400;
  for (let count = 0; count < made; count++) {
    for (const [place, symbol] of [...makeId('vf').slice(14)].entries()) {
      counts.set(`${place}${symbol}`, (counts.get(`${place}${symbol}`) ?? 0) + 1);
    }
  }
  assert.equal(counts.size, 26 * 32);
  // 200 expected each, with a standard deviation of 14: eight of them are never chance.
  for (const [, count] of counts) assert.ok(count > 88 && count < 312, `${count} of 200`);
});
