import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { findPostgres, startPostgres, type TestPostgres } from '../parts/postgres.ts';
import { raceDoors } from './door-races.ts';
import { startDevelopmentServer } from './running-server.ts';

const nodes = 3;
const programs = findPostgres();
const folder = mkdtempSync(join(tmpdir(), 'watchword-door-races-'));
let database: TestPostgres | undefined;

raceDoors({
  name: 'PostgreSQL with three nodes',
  search: programs,
  async open({ folder: programsFolder }) {
    database = await startPostgres({ folder: programsFolder });
    const environment = {
      WATCHWORD_DATABASE_URL: await database.createDatabase(),
      WATCHWORD_KEYS: `races:${randomBytes(32).toString('base64')}`,
    };
    const starting = Array.from({ length: nodes }, (_, index) =>
      startDevelopmentServer(environment, join(folder, String(index))),
    );
    return Promise.all(starting);
  },
  rounds: 2,
});

after(async () => {
  await database?.remove();
  rmSync(folder, { recursive: true, force: true });
});
