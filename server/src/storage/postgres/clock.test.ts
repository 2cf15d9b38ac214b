import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { StorageUnavailable } from '#service/ports.ts';
import { type Clock, createClock } from '#storage/postgres/clock.ts';
import type { TextRow } from '#storage/postgres/exchange.ts';

/** The database is asked, and says this at once. */
function ask(clock: Clock, said: TextRow): number {
  return clock.observe(said, clock.begin());
}

/** What the database says, as its row comes. */
function row(wallMs: number, highWaterMs = 0, movedByMs = 0): string[] {
  return [wallMs, highWaterMs, movedByMs].map(String);
}

test('time follows the database’s clock forward at once', () => {
  let monotonicMs = 0;
  const clock = createClock(() => monotonicMs);
  assert.equal(ask(clock, row(1_000_000)), 1_000_000);
  monotonicMs += 10;
  assert.equal(ask(clock, row(2_000_000)), 2_000_000);
});

test('a database’s clock that is set back makes time slower, and stops nothing', () => {
  let monotonicMs = 0;
  const clock = createClock(() => monotonicMs);
  ask(clock, row(1_000_000));
  monotonicMs += 10_000;
  assert.equal(ask(clock, row(500_000)), 1_009_000);
  monotonicMs += 10_000;
  assert.equal(ask(clock, row(1_020_000)), 1_020_000);
});

test('a clock whose row is gone says so, and goes on when it is back', () => {
  const clock = createClock(() => 0);
  ask(clock, row(1_000_000));
  for (const broken of [[], ['1000001'], ['1000001', null, '0']]) {
    assert.throws(() => ask(clock, broken), StorageUnavailable);
  }
  assert.equal(clock.lastMs, 1_000_000);
  assert.equal(ask(clock, row(1_000_002)), 1_000_002);
});

test('a node begins where the others had come to', () => {
  const clock = createClock(() => 0);
  assert.equal(ask(clock, row(1_000_000, 3_000_000, 500)), 3_000_500);
});

test('time never goes back, whatever the database and the sandbox do', () => {
  const step = fc.record({
    elapsedMs: fc.nat(10_000),
    wallMs: fc.nat(2_000_000),
    highWaterMs: fc.nat(2_000_000),
    movedMs: fc.nat(10_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let monotonicMs = 0;
      let movedByMs = 0;
      let lastMs = 0;
      const clock = createClock(() => monotonicMs);
      for (const { elapsedMs, wallMs, highWaterMs, movedMs } of steps) {
        monotonicMs += elapsedMs;
        movedByMs += movedMs;
        const nowMs = ask(clock, row(wallMs, highWaterMs, movedByMs));
        assert.ok(Number.isInteger(nowMs) && nowMs >= lastMs);
        assert.ok(nowMs >= wallMs && nowMs >= highWaterMs);
        lastMs = nowMs;
      }
    }),
  );
});

test('what was asked earlier is told the earlier time, and whoever asks then is not', () => {
  const clock = createClock(() => 0);
  ask(clock, row(1_000_000));
  const [firstMs, secondMs] = [clock.begin(), clock.begin()];
  assert.equal(clock.observe(row(1_000_005, 0, 60_000), secondMs), 1_060_005);
  assert.equal(clock.observe(row(1_000_002), firstMs), 1_000_002);
  assert.equal(ask(clock, row(1_000_003)), 1_060_005);
});
