import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { DataFolderUnusable, openDataFolder } from '#src/data-folder.ts';

function withFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-folder-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the folder is made with what leads to it, and its owner alone may look in', () => {
  withFolder((folder) => {
    const deep = join(folder, 'var', 'lib', 'watchword');
    openDataFolder(deep);
    openDataFolder(deep);
    assert.equal(statSync(deep).mode & 0o777, 0o700);
  });
});

test('what can be no data folder is told in one sentence that names it', () => {
  withFolder((folder) => {
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    const dangling = join(folder, 'dangling');
    symlinkSync(join(folder, 'gone'), dangling);
    for (const place of [file, join(file, 'data'), join(file, 'a', 'b'), dangling]) {
      assert.throws(
        () => openDataFolder(place),
        (error) =>
          error instanceof DataFolderUnusable &&
          error.message.startsWith(`${place} cannot be the data folder: `) &&
          error.message.includes('WATCHWORD_DATA') &&
          !/E[A-Z]{4,}|mkdir/.test(error.message),
        place,
      );
    }
  });
});

test('a place where no folder can ever be made is refused instead of tried for ever', {
  skip: !existsSync('/proc/self'),
}, () => {
  for (const place of ['/proc/watchword', '/proc/watchword/data']) {
    assert.throws(() => openDataFolder(place), DataFolderUnusable);
  }
});
