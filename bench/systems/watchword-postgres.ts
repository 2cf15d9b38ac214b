import { join } from 'node:path';
import { fillPostgres } from '../growth/fill-postgres.ts';
import { type Growing, openGrown } from '../growth/grown.ts';
import { preparePostgres, startBenchPostgres } from './postgres.ts';
import { freePort, startProgram } from './program.ts';
import type { Ground, RunningSystem, System } from './system.ts';
import {
  createApplications,
  productionEnvironment,
  servePlan,
  watchwordTool,
  watchwordVersion,
} from './watchword.ts';

/** The production server on PostgreSQL; with several nodes a pair's two calls go to two of them. */
function watchwordPostgres(name: string, title: string, nodes: number): System {
  return {
    name,
    title,
    async prepare() {
      const postgres = preparePostgres();
      if (!postgres.ok) return postgres;
      return { ok: true, version: `${watchwordVersion()}, ${postgres.version}` };
    },
    start: (ground) => start(ground, nodes),
  };
}

const growing: Growing = {
  bytesEach: 1_400,
  async open({ folder }) {
    const postgres = await startBenchPostgres(join(folder, 'postgres'));
    return {
      storage: {
        WATCHWORD_DATABASE_URL: postgres.url,
        WATCHWORD_DATA: join(folder, 'data'),
      },
      processIds: [postgres.processId],
      close: postgres.remove,
    };
  },
  fill: ({ verifications, say }, storage) =>
    fillPostgres(String(storage['WATCHWORD_DATABASE_URL']), verifications, say),
};

export const watchwordPostgresOneNode: System = {
  ...watchwordPostgres('watchword-postgres', 'Watchword, PostgreSQL', 1),
  openGrown: (place) => openGrown(growing, place),
};

export const watchwordPostgresTwoNodes = watchwordPostgres(
  'watchword-postgres-2',
  'Watchword, PostgreSQL, 2 nodes',
  2,
);

async function start(ground: Ground, nodes: number): Promise<RunningSystem> {
  const { folder } = ground;
  const postgres = await startBenchPostgres();
  try {
    const environment = await productionEnvironment(ground, {
      WATCHWORD_DATABASE_URL: postgres.url,
      WATCHWORD_DATA: join(folder, 'data'),
    });
    await watchwordTool(environment, 'migrate');
    const ports = await Promise.all(Array.from({ length: nodes }, freePort));
    const shapes = await createApplications(ground, environment, ports);
    const plans = ports.map((port) => servePlan(folder, environment, port));
    const servers = await Promise.all(plans.map(startProgram));
    const [startPlan] = plans;
    if (startPlan === undefined) throw new Error('A system needs a node.');
    const stopServers = async () => {
      await Promise.all(servers.map((server) => server.stop()));
    };
    return {
      ...shapes,
      servers: servers.map(({ processId }) => processId),
      databases: [postgres.processId],
      startPlan,
      stopServers,
      async stop() {
        await stopServers();
        await postgres.remove();
      },
    };
  } catch (error) {
    await postgres.remove();
    throw error;
  }
}
