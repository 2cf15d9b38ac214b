import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { defaultSettings } from '#domain/application.ts';
import type { StartOutcome } from '#service/ports.ts';
import { makeId, startStepOf } from '#storage/contract/fixture.ts';
import { machineTime, type TimeSource } from '#storage/sqlite/clock.ts';
import { type Engine, type Outcome, openEngine } from '#storage/sqlite/engine.ts';
import type { Answer, Arguments, Operation, Verb } from '#storage/sqlite/handlers.ts';

interface Opened {
  readonly engine: Engine;
  readonly folder: string;
  readonly applicationId: string;
}

function promise(
  name: string,
  body: (opened: Opened) => void,
  source: TimeSource = machineTime,
): void {
  test(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-engine-'));
    const engine = openEngine({ folder, role: 'server' }, source);
    const applicationId = makeId('app');
    const application = { id: applicationId, name: 'one', settings: defaultSettings };
    one(engine, 'createApplication', [{ ...application, createdAtMs: 0 }]);
    try {
      body({ engine, folder, applicationId });
    } finally {
      engine.close();
      rmSync(folder, { recursive: true });
    }
  });
}

function operation<Of extends Verb>(verb: Of, args: Arguments<Of>): Operation {
  return { verb, args } as unknown as Operation;
}

/** One operation in a batch of its own, which has to succeed. */
function one<Of extends Verb>(engine: Engine, verb: Of, args: Arguments<Of>): Answer<Of> {
  const [outcome] = engine.run([operation(verb, args)]);
  assert.ok(outcome?.ok, JSON.stringify(outcome));
  return outcome.value as Answer<Of>;
}

function start({ applicationId }: Opened, recipient: string, id = makeId('vf')): Operation {
  return operation('startVerification', [startStepOf({ applicationId, recipient, id })]);
}

function startedId(outcome: Outcome | undefined): string {
  assert.ok(outcome?.ok, JSON.stringify(outcome));
  const value = outcome.value as StartOutcome;
  assert.equal(value.kind, 'started');
  return value.kind === 'started' ? value.verification.id : '';
}

function isStored({ engine, applicationId }: Opened, id: string): boolean {
  return one(engine, 'readVerification', [applicationId, id]) !== null;
}

describe('a batch', () => {
  promise('of which one operation fails keeps all the others', (opened) => {
    const { engine } = opened;
    const taken = startedId(engine.run([start(opened, 'a')])[0]);
    const outcomes = engine.run([
      start(opened, 'b'),
      start(opened, 'c', taken),
      start({ ...opened, applicationId: makeId('app') }, 'd'),
      start(opened, 'e'),
    ]);
    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [true, false, false, true],
    );
    assert.ok(isStored(opened, startedId(outcomes[0])));
    assert.ok(isStored(opened, startedId(outcomes[3])));
    // A taken head is bad luck between two processes; an application that is not there is a bug.
    const failures = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.isUnavailable]));
    assert.deepEqual(failures, [true, false]);
    const count = engine.database.prepare<{ count: number }>(
      'SELECT count(*) AS count FROM outbox',
    );
    assert.equal(count.get()?.count, 3);
  });

  promise('whose commit fails keeps nothing, and the next one works', (opened) => {
    const { engine } = opened;
    // A deferred constraint is checked by COMMIT and nowhere before.
    engine.database.exec(`
      PRAGMA foreign_keys = ON;
      CREATE TEMP TABLE parent (id INTEGER PRIMARY KEY);
      CREATE TEMP TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
      CREATE TEMP TRIGGER spoil AFTER INSERT ON main.verification BEGIN
        INSERT INTO child VALUES (1);
      END;`);
    const ids = ['a', 'b', 'c'].map(() => makeId('vf'));
    const outcomes = engine.run([
      ...ids.map((id) => start(opened, id, id)),
      operation('createSecret', ['name', 'sealed']),
    ]);
    assert.equal(outcomes.length, 4);
    for (const outcome of outcomes) assert.equal(outcome.ok || outcome.isUnavailable, true);
    assert.ok(outcomes.every(({ ok }) => !ok));
    for (const id of ids) assert.equal(isStored(opened, id), false);
    assert.equal(one(engine, 'readSecret', ['name']), null);
    engine.database.exec('DROP TRIGGER spoil');
    assert.ok(isStored(opened, startedId(engine.run([start(opened, 'a')])[0])));
  });

  promise('that meets a full disk says so, loses nothing and recovers', (opened) => {
    const { engine } = opened;
    const kept = startedId(engine.run([start(opened, 'a')])[0]);
    const pages = engine.database.prepare<{ page_count: number }>('PRAGMA page_count').get();
    engine.database.exec(`PRAGMA max_page_count = ${(pages?.page_count ?? 0) + 4}`);
    const acknowledged = [kept];
    let refused = 0;
    for (let round = 0; round < 50 && refused === 0; round++) {
      const batch = Array.from({ length: 8 }, (_, index) => start(opened, `r${round} ${index}`));
      for (const outcome of engine.run(batch)) {
        if (outcome.ok) acknowledged.push(startedId(outcome));
        else refused += outcome.isUnavailable ? 1 : 0;
      }
    }
    assert.ok(refused > 0, 'the disk was full');
    for (const id of acknowledged) assert.ok(isStored(opened, id));
    engine.database.exec('PRAGMA max_page_count = 1000000');
    assert.ok(isStored(opened, startedId(engine.run([start(opened, 'late')])[0])));
  });

  promise('waits for another process and gives up with a clear error', (opened) => {
    const { engine, folder } = opened;
    const tool = openEngine({ folder, role: 'tool' });
    engine.database.exec('PRAGMA busy_timeout = 20');
    tool.database.exec('BEGIN IMMEDIATE');
    const [outcome] = engine.run([start(opened, 'a')]);
    assert.ok(outcome?.ok === false && outcome.isUnavailable);
    tool.database.exec('ROLLBACK');
    startedId(engine.run([start(opened, 'a')])[0]);
    tool.close();
  });
});

describe('the clock', () => {
  const time = { wall: 1_800_000_000_000, monotonic: 0 };
  const source: TimeSource = {
    wallMs: () => time.wall,
    monotonicMs: () => time.monotonic,
  };

  function pass(milliseconds: number): void {
    time.wall += milliseconds;
    time.monotonic += milliseconds;
  }

  promise(
    'never goes back when the machine’s is set back, and follows it forward',
    ({ engine, folder }) => {
      const now = () => one(engine, 'now', []);
      const before = now();
      assert.equal(before, time.wall);
      time.wall -= 600_000;
      assert.equal(now(), before);
      pass(10_000);
      // It runs on while it is ahead, a little slower, until the machine has caught up.
      assert.equal(now(), before + 9_000);
      pass(7_000_000);
      assert.equal(now(), time.wall);
      time.wall += 3_600_000;
      assert.equal(now(), time.wall);

      one(engine, 'ping', []);
      const last = now();
      time.wall -= 86_400_000;
      const other = openEngine({ folder, role: 'tool' }, source);
      assert.ok(one(other, 'now', []) >= last - 1_000, 'a restart does not bring time back');
      other.close();
    },
    source,
  );

  promise('that one process moves is moved for the others', ({ engine, folder }) => {
    const tool = openEngine({ folder, role: 'tool' });
    // Both know the time by now; each has to see that the other moved it.
    let latest = Math.max(one(engine, 'now', []), one(tool, 'now', []));
    for (const mover of [tool, engine, tool, engine]) {
      const moved = one(mover, 'advanceClock', [3_600_000]);
      assert.ok(moved >= latest + 3_600_000);
      latest = moved;
      for (const reader of [engine, tool]) assert.ok(one(reader, 'now', []) >= moved);
    }
    tool.close();
  });

  promise('that is moved within a batch is moved for what follows in it', ({ engine }) => {
    const outcomes = engine.run([
      operation('now', []),
      operation('advanceClock', [5_000]),
      operation('now', []),
    ]);
    const [before, moved, after] = outcomes.map((outcome) => outcome.ok && outcome.value);
    assert.equal(moved, Number(before) + 5_000);
    assert.equal(after, moved);
  });
});

/** Small tables, and the outbox, which holds only what is owed: rare statements read them whole. */
const mayBeScanned = [
  'application',
  'api_key',
  'credential',
  'signing_key',
  'clock',
  'sqlite_master',
  'outbox',
];

describe('the database', () => {
  promise('is opened durable', ({ engine }) => {
    const read = (name: string) =>
      Object.values(engine.database.prepare(`PRAGMA ${name}`).get() ?? {});
    assert.deepEqual(read('journal_mode'), ['wal']);
    assert.deepEqual(read('synchronous'), [2]);
    assert.deepEqual(read('wal_autocheckpoint'), [10_000]);
  });

  promise('is never read whole by a statement', ({ engine }) => {
    const { database } = engine;
    const statements = database.statements.filter((sql) => !sql.startsWith('PRAGMA'));
    assert.ok(statements.length > 60);
    for (const sql of statements) {
      const plan = database.prepare<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
      const values = Array<null>(sql.split('?').length - 1).fill(null);
      for (const { detail } of plan.all(...values)) {
        const [, table = ''] = /^SCAN (?!CONSTANT ROW)(\w+)/.exec(detail) ?? [];
        const isFine =
          table === '' || mayBeScanned.includes(table) || /LIMIT|max\(|min\(/.test(sql);
        assert.ok(isFine, `${detail}: ${sql}`);
        const isSorted = detail.includes('USE TEMP B-TREE') && !sql.includes('FROM signing_key');
        assert.equal(isSorted, false, `${detail}: ${sql}`);
      }
    }
  });
});

promise('a database file that is gone takes nothing more', ({ engine, folder }) => {
  renameSync(join(folder, 'watchword.db'), join(folder, 'elsewhere.db'));
  const [outcome] = engine.run([operation('ping', [])]);
  assert.equal(outcome?.ok === false && outcome.isUnavailable, true);
  renameSync(join(folder, 'elsewhere.db'), join(folder, 'watchword.db'));
  one(engine, 'ping', []);
});
