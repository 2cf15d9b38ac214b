import { after, before, test } from 'node:test';
import { openPostgresStorage } from '#storage/postgres/index.ts';
import { migratePostgres } from '#storage/postgres/migrate.ts';
import { type OpenedStorage, testStorage } from '#storage/storage.contract.ts';
import { partOrSkip } from '../../../test/parts/part.ts';
import {
  findPostgres,
  type PostgresPrograms,
  startPostgres,
  type TestPostgres,
} from '../../../test/parts/postgres.ts';

const programs = findPostgres();
if (programs.ok) testOn(programs.part);
else
  test('PostgreSQL keeps the contract of a storage', (context) =>
    void partOrSkip(context, programs));

function testOn(part: PostgresPrograms): void {
  let server: TestPostgres;
  before(async () => {
    server = await startPostgres(part);
  });
  after(() => server?.remove());
  testStorage('PostgreSQL', (options) => openOn(server, options));
}

async function openOn(
  server: TestPostgres,
  options = { keepsEvents: false },
): Promise<OpenedStorage> {
  const url = await server.createDatabase();
  await migratePostgres(url);
  let storage = await openPostgresStorage({ url, role: 'server', ...options });
  return {
    storage,
    async reopen() {
      await storage.close();
      storage = await openPostgresStorage({ url, role: 'server', ...options });
      return storage;
    },
    close: () => storage.close(),
  };
}
