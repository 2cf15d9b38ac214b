import { join } from 'node:path';
import { createClients, openCases } from '../facades/clients.ts';
import { fillSqlite } from '../growth/fill-sqlite.ts';
import { type Growing, openGrown } from '../growth/grown.ts';
import { freePort, startProgram } from './program.ts';
import type { System } from './system.ts';
import {
  createApplications,
  productionEnvironment,
  servePlan,
  watchwordVersion,
} from './watchword.ts';

const growing: Growing = {
  bytesEach: 700,
  async open({ folder }) {
    const storage = { WATCHWORD_DATA: join(folder, 'data') };
    return { storage, processIds: [], close: async () => {} };
  },
  fill: ({ folder, verifications, say }) => fillSqlite(join(folder, 'data'), verifications, say),
};

/** The production server on its embedded database: every limit on, sealed, durable. */
export const watchwordSqlite: System = {
  name: 'watchword-sqlite',
  title: 'Watchword, SQLite',
  hasFacades: true,
  async prepare() {
    return { ok: true, version: watchwordVersion() };
  },
  async start(ground) {
    const { folder } = ground;
    const data = { WATCHWORD_DATA: join(folder, 'data') };
    const environment = await productionEnvironment(ground, data);
    const port = await freePort();
    const shapes = await createApplications(ground, environment, [port]);
    const clients = ground.isWithFacades ? await createClients(environment) : [];
    const startPlan = servePlan(folder, environment, port);
    const server = await startProgram(startPlan);
    return {
      ...shapes,
      facades: await openCases(clients, port),
      servers: [server.processId],
      databases: [],
      startPlan,
      stopServers: server.stop,
      stop: server.stop,
    };
  },
  openGrown: (place) => openGrown(growing, place),
};
