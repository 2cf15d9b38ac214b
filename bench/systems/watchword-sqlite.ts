import { join } from 'node:path';
import { freePort, startProgram } from './program.ts';
import type { System } from './system.ts';
import {
  createApplications,
  productionEnvironment,
  servePlan,
  watchwordVersion,
} from './watchword.ts';

/** The production server on its embedded database: every limit on, sealed, durable. */
export const watchwordSqlite: System = {
  name: 'watchword-sqlite',
  title: 'Watchword, SQLite',
  async prepare() {
    return { ok: true, version: watchwordVersion() };
  },
  async start(ground) {
    const { folder } = ground;
    const data = { WATCHWORD_DATA: join(folder, 'data') };
    const environment = await productionEnvironment(ground, data);
    const port = await freePort();
    const shapes = await createApplications(ground, environment, [port]);
    const startPlan = servePlan(folder, environment, port);
    const server = await startProgram(startPlan);
    return {
      ...shapes,
      servers: [server.processId],
      databases: [],
      startPlan,
      stopServers: server.stop,
      stop: server.stop,
    };
  },
};
