import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStorage } from '#storage/sqlite/index.ts';
import { testStorage } from '#storage/storage.contract.ts';

testStorage('the embedded storage', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-storage-'));
  let storage = await openSqliteStorage({ folder, role: 'server' });
  return {
    storage,
    async reopen() {
      await storage.close();
      storage = await openSqliteStorage({ folder, role: 'server' });
      return storage;
    },
    async close() {
      await storage.close();
      rmSync(folder, { recursive: true });
    },
  };
});
