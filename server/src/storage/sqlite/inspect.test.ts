import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { openSqliteStorage } from '#storage/sqlite/index.ts';
import { inspectDatabase } from '#storage/sqlite/inspect.ts';

async function withFolder(work: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-inspect-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Looks, and asserts that every file is what it was before. */
function look(folder: string) {
  const before = stateOf(folder);
  try {
    return inspectDatabase(folder);
  } finally {
    assert.deepEqual(stateOf(folder), before);
  }
}

function stateOf(folder: string): object {
  // The index of the log in shared memory holds marks of who reads, and nothing that is kept.
  const names = readdirSync(folder).filter((name) => !name.endsWith('-shm'));
  const files = names.map((name) => {
    const { mode, mtimeMs } = statSync(join(folder, name));
    return { name, mode, mtimeMs, bytes: readFileSync(join(folder, name), 'base64') };
  });
  return { mode: statSync(folder).mode, names: readdirSync(folder), files };
}

test('an empty or missing folder has no database, and stays as it is', async () => {
  await withFolder((folder) => {
    assert.deepEqual(look(folder), { kind: 'missing' });
    assert.deepEqual(inspectDatabase(join(folder, 'none')), { kind: 'missing' });
    assert.deepEqual(readdirSync(folder), []);
  });
});

test('a database is read beside its server and after it, the newest writes too', async () => {
  await withFolder(async (folder) => {
    const storage = await openSqliteStorage({ folder, role: 'server' });
    await storage.createSecret('one', 'sealed');
    await storage.sandbox.advanceClock(60_000);
    const beside = look(folder);
    await storage.close();
    const after = look(folder);
    for (const found of [beside, after]) {
      assert.ok(found.kind === 'current');
      assert.equal(found.secrets.get('one'), 'sealed');
      assert.ok(Math.abs(found.clockAheadMs - 60_000) < 1_000, String(found.clockAheadMs));
    }
  });
});

test('an older database is told and not brought forward', async () => {
  await withFolder((folder) => {
    new DatabaseSync(join(folder, 'watchword.db')).close();
    assert.deepEqual(look(folder), { kind: 'older' });
  });
});

test('what is no database of ours is refused in a sentence and left alone', async () => {
  await withFolder((folder) => {
    const path = join(folder, 'watchword.db');
    const foreign = new DatabaseSync(path);
    foreign.exec('CREATE TABLE theirs (a)');
    foreign.close();
    assert.throws(() => look(folder), { reason: 'not_a_database', message: /another program/ });
    writeFileSync(path, 'This is a letter and no database. '.repeat(100));
    assert.throws(() => look(folder), { reason: 'not_a_database', message: /damaged/ });
  });
});
