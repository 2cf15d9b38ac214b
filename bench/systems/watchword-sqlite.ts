import { join } from 'node:path';
import { createClients, openCases } from '../facades/clients.ts';
import { fillSqlite } from '../growth/fill-sqlite.ts';
import { type Growing, openGrown } from '../growth/grown.ts';
import { openKafkaSite } from '../kafka/kafka-site.ts';
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
  hasKafka: true,
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
    const kafka = ground.isWithKafka ? await openKafkaSite(environment) : null;
    const startPlan = servePlan(folder, { ...environment, ...kafka?.environment }, port);
    const server = await startProgram(startPlan);
    await kafka?.saveTemplate(port);
    return {
      ...shapes,
      facades: await openCases(clients, port),
      ...(kafka === null ? {} : { kafka }),
      servers: [server.processId],
      databases: [],
      startPlan,
      stopServers: server.stop,
      async stop() {
        await server.stop();
        await kafka?.close();
      },
    };
  },
  openGrown: (place) => openGrown(growing, place),
};
