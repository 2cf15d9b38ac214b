import { after, before, type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { defaultSettings } from '#domain/application.ts';
import type { Storage } from '#service/ports.ts';
import { makeId } from '#storage/contract/fixture.ts';
import { openPostgresStorage } from '#storage/postgres/index.ts';
import { migratePostgres } from '#storage/postgres/migrate.ts';
import { partOrSkip } from '../../../test/parts/part.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../../../test/parts/postgres.ts';

/** One database of a real server, and any number of nodes on it. */
export interface Cluster {
  readonly server: TestPostgres;
  readonly url: string;
  readonly applicationId: string;
  open(): Promise<Storage>;
  /** Looks at the database itself. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

type Body = (cluster: Cluster, context: TestContext) => Promise<void>;
export type DefineTest = (name: string, body: Body) => void;

/** Starts a server for the test file; each test has a database of its own on it. */
export function onPostgres(): { readonly test: DefineTest; makeDatabase(): Promise<string> } {
  const programs = findPostgres();
  let server: TestPostgres | null = null;
  before(async () => {
    if (programs.ok) server = await startPostgres(programs.part);
  });
  after(() => server?.remove());

  async function makeDatabase(): Promise<string> {
    if (server === null) throw new Error('There is no PostgreSQL.');
    const url = await server.createDatabase();
    await migratePostgres(url);
    return url;
  }

  return {
    makeDatabase,
    test(name, body) {
      test(name, async (context) => {
        if (partOrSkip(context, programs) === null || server === null) return;
        await withCluster(server, await makeDatabase(), (cluster) => body(cluster, context));
      });
    },
  };
}

async function withCluster(
  server: TestPostgres,
  url: string,
  body: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const opened: Storage[] = [];
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  const open = async () => {
    const storage = await openPostgresStorage({ url, role: 'server' });
    opened.push(storage);
    return storage;
  };
  const applicationId = makeId('app');
  try {
    await makeApplication(url, applicationId);
    const query: Cluster['query'] = async (text, values = []) =>
      (await client.query(text, [...values])).rows;
    await body({ server, url, applicationId, open, query });
  } finally {
    await Promise.all(opened.map((storage) => storage.close()));
    await client.end();
  }
}

/** On a node that is closed then, so that a test has only the nodes it opens. */
async function makeApplication(url: string, id: string): Promise<void> {
  const storage = await openPostgresStorage({ url, role: 'tool' });
  try {
    await storage.createApplication({
      ...{ id, name: 'one', settings: defaultSettings, createdAtMs: 0 },
    });
  } finally {
    await storage.close();
  }
}
