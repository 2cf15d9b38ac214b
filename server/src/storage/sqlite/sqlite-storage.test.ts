import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { defaultSettings } from '#domain/application.ts';
import type { Storage } from '#service/ports.ts';
import { key, makeId, startStepOf } from '#storage/contract/fixture.ts';
import { startWorker } from '#storage/sqlite/batching-client.ts';
import type { Operation } from '#storage/sqlite/handlers.ts';
import { openSqliteStorage, StorageRefused } from '#storage/sqlite/index.ts';
import { testStorage } from '#storage/storage.contract.ts';
import { mountSmallDisk } from '../../../test/faults/small-disk.ts';
import { partOrSkip } from '../../../test/parts/part.ts';

testStorage('the embedded storage', async (options = { keepsEvents: false }) => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-storage-'));
  let storage = await openSqliteStorage({ folder, role: 'server', ...options });
  return {
    storage,
    async reopen() {
      await storage.close();
      storage = await openSqliteStorage({ folder, role: 'server', ...options });
      return storage;
    },
    async close() {
      await storage.close();
      rmSync(folder, { recursive: true });
    },
  };
});

/** Runs with a folder of its own, and closes what was opened in it. */
function promise(
  name: string,
  body: (folder: string, open: (role: 'server' | 'tool') => Promise<Storage>) => Promise<void>,
): void {
  test(name, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-storage-'));
    const opened: Storage[] = [];
    try {
      await body(folder, async (role) => {
        const storage = await openSqliteStorage({ folder, role });
        opened.push(storage);
        return storage;
      });
    } finally {
      await Promise.all(opened.map((storage) => storage.close()));
      chmodSync(folder, 0o700);
      rmSync(folder, { recursive: true });
    }
  });
}

async function createApplication(storage: Storage): Promise<string> {
  const id = makeId('app');
  await storage.createApplication({ id, name: 'one', settings: defaultSettings, createdAtMs: 0 });
  return id;
}

function isRefused(reason: StorageRefused['reason'], words: RegExp) {
  return (error: unknown) =>
    error instanceof StorageRefused && error.reason === reason && words.test(error.message);
}

describe('the data folder', () => {
  promise('belongs to one server; tools work beside it', async (folder, open) => {
    const server = await open('server');
    await assert.rejects(open('server'), isRefused('in_use', new RegExp(folder)));
    const tool = await open('tool');
    const id = await createApplication(tool);
    assert.equal((await server.readApplication(id))?.name, 'one');
    const parallel = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 ? server : tool).createSecret(`secret ${index}`, `${index}`),
      ),
    );
    assert.equal(parallel.length, 40);
    await server.close();
    await (await open('server')).ping();
  });

  promise('is created for its owner alone', async (folder) => {
    const inner = join(folder, 'data');
    const storage = await openSqliteStorage({ folder: inner, role: 'server' });
    await storage.close();
    assert.equal(statSync(inner).mode & 0o777, 0o700);
  });

  promise('that is a file is refused', async (folder) => {
    const file = join(folder, 'data');
    writeFileSync(file, '');
    await assert.rejects(
      openSqliteStorage({ folder: file, role: 'server' }),
      isRefused('folder_unusable', /cannot be written to/),
    );
  });

  promise('with a database of a newer version is refused and left alone', async (folder, open) => {
    await (await open('server')).close();
    const database = new DatabaseSync(join(folder, 'watchword.db'));
    database.exec('PRAGMA user_version = 99');
    for (const role of ['server', 'tool'] as const) {
      await assert.rejects(open(role), isRefused('newer_database', /newer Watchword/));
    }
    assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], 99);
    database.close();
  });

  promise('with another program’s database is refused and left alone', async (folder, open) => {
    const database = new DatabaseSync(join(folder, 'watchword.db'));
    database.exec('CREATE TABLE theirs (a)');
    database.close();
    const before = readFileSync(join(folder, 'watchword.db'));
    await assert.rejects(open('server'), isRefused('not_a_database', /another program/));
    assert.deepEqual(readFileSync(join(folder, 'watchword.db')), before);
  });

  promise('with a file that is no database is refused', async (folder, open) => {
    writeFileSync(join(folder, 'watchword.db'), 'not a database, but long enough '.repeat(200));
    await assert.rejects(open('server'), isRefused('not_a_database', /damaged/));
  });

  promise('is not migrated by a tool beside a server', async (folder, open) => {
    const server = await open('server');
    // As if the server were of an older version than the tool.
    const database = new DatabaseSync(join(folder, 'watchword.db'));
    database.exec('PRAGMA user_version = 0');
    await assert.rejects(open('tool'), isRefused('in_use', /Another Watchword server/));
    database.exec('PRAGMA user_version = 1');
    database.close();
    await server.ping();
  });
});

test('a data folder on a full disk is refused with what is missing', async (context) => {
  const disk = partOrSkip(context, mountSmallDisk());
  if (disk === null) return;
  try {
    disk.fill();
    await assert.rejects(
      openSqliteStorage({ folder: join(disk.folder, 'data'), role: 'server' }),
      isRefused('folder_unusable', /disk of the data folder .* is full\. Make room/),
    );
    disk.clear();
    await (await openSqliteStorage({ folder: disk.folder, role: 'server' })).close();
  } finally {
    await disk.remove();
  }
});

describe('settings that an older version kept', () => {
  promise('have defaults for what is new, and can be changed', async (folder, open) => {
    const storage = await open('server');
    const id = await createApplication(storage);
    const database = new DatabaseSync(join(folder, 'watchword.db'));
    database.prepare('UPDATE application SET settings = ?').run('{"sender":"ACME","checksMax":3}');
    database.close();
    const before = (await storage.readApplication(id))?.settings;
    assert.deepEqual(before, { ...defaultSettings, sender: 'ACME', checksMax: 3 });
    const stale = await storage.saveSettings(id, defaultSettings, defaultSettings);
    assert.equal(stale, 'changed');
    const saved = await storage.saveSettings(id, { ...before, checksMax: 4 }, before);
    assert.ok(saved !== null && saved !== 'changed');
    assert.deepEqual(saved.settings, { ...before, checksMax: 4 });
    assert.deepEqual(await storage.readApplication(id), saved);
  });
});

describe('a restart', () => {
  promise('ends the leases of what was under way, and a tool does not', async (_folder, open) => {
    const server = await open('server');
    const applicationId = await createApplication(server);
    const step = startStepOf({ applicationId, idempotency: key('a'), lifetimeMs: 3_600_000 });
    await server.startVerification(step);
    const tool = await open('tool');
    assert.equal((await tool.startVerification(step)).kind, 'key_in_use');
    assert.deepEqual(await tool.claimDeliveries(10, 1_000), []);
    await server.close();
    const again = await open('server');
    assert.equal((await again.startVerification(step)).kind, 'unanswered');
    const [claimed] = await again.claimDeliveries(10, 1_000);
    assert.equal(claimed?.delivery.isPossibleDuplicate, true);
  });

  promise('after kill -9 under load finds all that was acknowledged', async (folder, open) => {
    const program = join(import.meta.dirname, 'write-until-killed.fixture.ts');
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [program, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        lines.push(line);
        if (lines.length === 200) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const [applicationId = '', ...ids] = lines;
      assert.ok(ids.length >= 199);
      const storage = await open('server');
      for (const id of ids) assert.ok(await storage.readVerification(applicationId, id), id);
      await storage.close();
    }
  });
});

describe('the queue', () => {
  promise('is bounded: beyond it the answer comes at once', async (_folder, open) => {
    const storage = await open('server');
    const outcomes = await Promise.allSettled(Array.from({ length: 10_500 }, () => storage.now()));
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 500);
    const [first] = refused;
    assert.equal(first?.status === 'rejected' && first.reason.name, 'StorageUnavailable');
    await storage.ping();
  });

  promise('is emptied before the storage closes', async (_folder, open) => {
    const storage = await open('server');
    const values = Array.from({ length: 700 }, (_, index) => `${index}`);
    const created = values.map((value) => storage.createSecret(value, value));
    await storage.close();
    assert.deepEqual(await Promise.all(created), values);
    const again = await open('server');
    assert.equal(await again.readSecret('699'), '699');
  });

  test('fails at once, for good and audibly when the thread behind it has died', async () => {
    const file = new URL('./dying-worker.fixture.ts', import.meta.url);
    const client = await startWorker({ folder: '', role: 'server' }, file);
    const now: Operation = { verb: 'now', args: [] };
    assert.equal(await client.submit(now), 1);
    const lost = await Promise.allSettled([1, 2, 3].map(() => client.submit(now)));
    for (const outcome of lost) {
      assert.equal(outcome.status === 'rejected' && outcome.reason.name, 'StorageUnavailable');
    }
    await assert.rejects(client.submit(now), { name: 'StorageUnavailable' });
    assert.equal((await client.whenLost).name, 'StorageUnavailable');
    await client.close();
  });
});
