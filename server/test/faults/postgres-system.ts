import { randomBytes } from 'node:crypto';
import { openPostgresStorage } from '#storage/postgres/index.ts';
import type { TestPostgres } from '../parts/postgres.ts';
import { type DatabaseProxy, startDatabaseProxy } from './database-proxy.ts';
import type { Gateway } from './gateway.ts';
import { inTurns, type Killable } from './killable.ts';
import { type NodeUnderTest, startNodeUnderTest } from './node-under-test.ts';
import type { Fault, FaultKind } from './schedule.ts';
import {
  beginAtNode,
  type OpenSystem,
  readEverything,
  type SystemUnderTest,
} from './system-under-test.ts';

const nodesCount = 3;
const kinds: readonly FaultKind[] = [
  'node killed',
  'provider misbehaves',
  'clock stepped',
  'database killed',
  'connections disturbed',
];

/** Three servers on one database, each with a proxy of its own in between. */
export function createPostgresSystem(postgres: TestPostgres): SystemUnderTest {
  return {
    name: 'postgres',
    nodes: nodesCount,
    kinds,
    open: async (gateway) => {
      const closers: (() => Promise<void>)[] = [];
      const close = async () => {
        for (const closer of closers.toReversed()) await closer();
      };
      try {
        return await open(postgres, { gateway, closers, close });
      } catch (error) {
        await close();
        throw error;
      }
    },
  };
}

interface Opening {
  readonly gateway: Gateway;
  /** What is to be closed again, in the order that it was opened in. */
  readonly closers: (() => Promise<void>)[];
  readonly close: () => Promise<void>;
}

async function open(postgres: TestPostgres, opening: Opening): Promise<OpenSystem> {
  const { gateway, closers, close } = opening;
  const url = await postgres.createDatabase();
  // Otherwise a server that was killed comes up later with each run: it syncs every file it has.
  closers.push(() => postgres.dropDatabase(url));
  const shared = {
    WATCHWORD_KEYS: `faults:${randomBytes(32).toString('base64')}`,
    WATCHWORD_DEV_API_KEY: `wk_${randomBytes(24).toString('hex')}`,
  };
  const proxies: DatabaseProxy[] = [];
  for (let index = 0; index < nodesCount; index++) {
    const proxy = await startDatabaseProxy(postgres.port);
    proxies.push(proxy);
    closers.push(proxy.close);
  }

  async function startNode(proxy: DatabaseProxy | undefined): Promise<NodeUnderTest> {
    const through = Object.assign(new URL(url), { port: String(proxy?.port) }).href;
    const environment = { ...shared, WATCHWORD_DATABASE_URL: through };
    const node = await startNodeUnderTest({ gateway, environment });
    closers.push(node.remove);
    return node;
  }

  // The first one makes the tables.
  const first = await startNode(proxies[0]);
  const others = await Promise.all(proxies.slice(1).map(startNode));
  const nodes = [first, ...others];
  const database = inTurns(postgres.kill, postgres.restart);
  return {
    nodes,
    isRefusalExact: false,
    isTimeOfNodes: false,
    begin: (fault) => begin(fault, { database, nodes, proxies }),
    async readRecords(applicationId) {
      const storage = await openPostgresStorage({ url, role: 'tool' });
      try {
        return await readEverything(storage, applicationId);
      } finally {
        await storage.close();
      }
    },
    remove: close,
  };
}

async function begin(
  fault: Fault,
  parts: { database: Killable; nodes: readonly NodeUnderTest[]; proxies: DatabaseProxy[] },
): Promise<() => Promise<void>> {
  const { database, nodes, proxies } = parts;
  switch (fault.kind) {
    case 'node killed':
    case 'clock stepped':
      return beginAtNode(nodes, fault);
    case 'database killed':
      return database.kill();
    case 'connections disturbed': {
      const disturbed = proxies.filter((_, index) => fault.nodes.includes(index));
      for (const proxy of disturbed) proxy.disturb(fault.disturbance);
      return async () => {
        for (const proxy of disturbed) proxy.calm();
      };
    }
    default:
      throw new Error(`PostgreSQL knows no fault "${fault.kind}"`);
  }
}
