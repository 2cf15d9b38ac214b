import assert from 'node:assert/strict';
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createCheckpoints } from '#storage/sqlite/checkpoints.ts';
import { type Engine, openEngine } from '#storage/sqlite/engine.ts';

const sealed = 'sealed '.repeat(100);

/** Two hundred rows of a kilobyte, each in a place of its own. */
function write(engine: Engine, batch: number): void {
  const outcomes = engine.run(
    Array.from({ length: 200 }, (_, row) => ({
      verb: 'createSecret' as const,
      args: [`${batch} ${row}`, sealed] as [string, string],
    })),
  );
  assert.ok(outcomes.every(({ ok }) => ok));
}

async function withEngine(body: (engine: Engine) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-checkpoints-'));
  const engine = openEngine({ folder, role: 'server' });
  try {
    await body(engine);
  } finally {
    engine.close();
    assert.equal(existsSync(`${engine.file}-wal`), false, 'closing copies what is left');
    rmSync(folder, { recursive: true });
  }
}

function copiesByItselfAt(engine: Engine): unknown {
  return engine.database.prepareTuples('PRAGMA wal_autocheckpoint').get()?.[0];
}

/** Two numbers that SQLite draws anew when it begins the log anew (fileformat2, 4.1). */
function saltsOf(log: string): string {
  const file = openSync(log, 'r');
  const header = Buffer.alloc(32);
  readSync(file, header);
  closeSync(file);
  return header.toString('hex', 16, 24);
}

test('the log is copied and begins anew although batches are written all the time', async () => {
  await withEngine(async (engine) => {
    const checkpoints = createCheckpoints(engine.database, engine.file, { changesMax: 5_000 });
    const log = `${engine.file}-wal`;
    write(engine, 0);
    const salts = saltsOf(log);
    let batch = 1;
    while (saltsOf(log) === salts) {
      assert.ok(batch < 400, 'the log begins anew in time');
      write(engine, batch++);
      checkpoints.look();
      await turn();
    }
    assert.equal(copiesByItselfAt(engine), 100_000);
    await checkpoints.close();
    const rows = engine.database.prepareTuples('SELECT count(*) FROM secret').get();
    assert.deepEqual(rows, [batch * 200]);
  });
});

test('a copying thread that is lost leaves the copying to SQLite', async () => {
  await withEngine(async (engine) => {
    const dying = new URL('./dying-worker.fixture.ts', import.meta.url);
    const checkpoints = createCheckpoints(engine.database, engine.file, {
      thread: dying,
      changesMax: 5_000,
    });
    const deadlineMs = performance.now() + 10_000;
    let batch = 0;
    do {
      assert.ok(performance.now() < deadlineMs, 'the thread is lost in time');
      write(engine, batch++);
      checkpoints.look();
      await turn();
    } while (batch < 60 || copiesByItselfAt(engine) !== 10_000);
    await checkpoints.close();
  });
});
