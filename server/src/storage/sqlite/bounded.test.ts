import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultSettings } from '#domain/application.ts';
import { dayMs, makeId, minuteMs, startStepOf } from '#storage/contract/fixture.ts';
import type { TimeSource } from '#storage/sqlite/clock.ts';
import { type Engine, openEngine } from '#storage/sqlite/engine.ts';
import type { Answer, Arguments, Operation, Verb } from '#storage/sqlite/handlers.ts';

/** Every look at the clock takes a millisecond, as if each chunk of rows had been slow to read. */
let looks = 0;
const slow: TimeSource = { wallMs: () => Date.now(), monotonicMs: () => looks++ };

function ask<Of extends Verb>(engine: Engine, verb: Of, args: Arguments<Of>): Answer<Of> {
  const [outcome] = engine.run([{ verb, args } as unknown as Operation]);
  assert.ok(outcome?.ok, JSON.stringify(outcome));
  return outcome.value as Answer<Of>;
}

/** No multiple of what is taken at a time, so that the last of it finds less than it asks for. */
const lives = 170;

function withLives(body: (engine: Engine, ids: readonly string[]) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-bounded-'));
  const engine = openEngine({ folder, role: 'server' }, slow);
  const applicationId = makeId('app');
  const application = { id: applicationId, name: 'one', settings: defaultSettings };
  ask(engine, 'createApplication', [{ ...application, createdAtMs: 0 }]);
  const steps = Array.from({ length: lives }, (_, nth) =>
    startStepOf({ applicationId, recipient: `recipient ${nth}` }),
  );
  for (const step of steps) ask(engine, 'startVerification', [step]);
  try {
    body(
      engine,
      steps.map(({ verification }) => verification.id),
    );
  } finally {
    engine.close();
    rmSync(folder, { recursive: true });
  }
}

test('expiry ends a step when its time is over, and goes on from there', () => {
  withLives((engine, ids) => {
    ask(engine, 'advanceClock', [20 * minuteMs]);
    const expired: string[] = [];
    let steps = 0;
    for (let more = true; more; steps++) {
      const step = ask(engine, 'expireDue', [lives]);
      assert.ok(step.expired.length > 0, 'no step is taken for nothing');
      expired.push(...step.expired.map(({ id }) => id));
      more = step.more;
    }
    assert.ok(steps > 1, 'it takes several steps');
    assert.deepEqual(expired.toSorted(), ids.toSorted());
  });
});

test('the purge ends a step when its time is over, and forgets everything in the end', () => {
  withLives((engine) => {
    ask(engine, 'advanceClock', [20 * minuteMs]);
    while (ask(engine, 'expireDue', [lives]).more);
    ask(engine, 'advanceClock', [91 * dayMs]);
    let steps = 1;
    while (ask(engine, 'purge', [lives]).more) {
      steps++;
      assert.ok(steps < 100, 'the purge comes to an end');
    }
    assert.ok(steps > 3, 'it takes several steps');
    for (const table of ['verification', 'kept_request', 'delivery', 'outbox', 'ledger']) {
      const count = engine.database.prepareTuples<[number]>(`SELECT count(*) FROM ${table}`);
      assert.deepEqual(count.get(), [0], table);
    }
  });
});
