import { after, before } from 'node:test';
import { openPostgresStorage } from '#storage/postgres/index.ts';
import { migratePostgres } from '#storage/postgres/migrate.ts';
import { testStorage } from '#storage/storage.contract.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../../../test/parts/postgres.ts';

let server: TestPostgres;
before(async () => {
  const found = findPostgres();
  if (found.ok) server = await startPostgres(found.part);
});
after(() => server?.remove());

testStorage('PostgreSQL', async () => {
  const url = await server.createDatabase();
  await migratePostgres(url);
  let storage = await openPostgresStorage({ url, role: 'server' });
  return {
    storage,
    async reopen() {
      await storage.close();
      storage = await openPostgresStorage({ url, role: 'server' });
      return storage;
    },
    close: () => storage.close(),
  };
});
