import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startProgram } from './program.ts';
import type { System } from './system.ts';

const program = fileURLToPath(new URL('../floor/floor.ts', import.meta.url));

/** The least that does the work at all, on Node: what others are measured by. */
export const floor: System = {
  name: 'floor',
  title: 'floor program, SQLite',
  async prepare() {
    return { ok: true, version: `Node ${process.versions.node}` };
  },
  async start({ folder, gateways }) {
    const port = await freePort();
    const file = join(folder, 'floor.db');
    const startPlan = {
      command: process.execPath,
      args: [program, String(port), file, String(gateways.healthy)],
      folder,
      logFile: join(folder, 'floor.log'),
      port,
      readyPath: '/',
    };
    const server = await startProgram(startPlan);
    const headers = { 'content-type': 'application/json' };
    return {
      shape: {
        ports: [port],
        start: { method: 'POST', path: '/start', headers, body: '{"recipient":"+{{number}}"}' },
        started: { status: 201, contains: '"id":"' },
        idAfter: '"id":"',
        check: {
          method: 'POST',
          path: '/check',
          headers,
          body: '{"id":"{{id}}","recipient":"+{{number}}","code":"{{code}}"}',
        },
        approved: { status: 200, contains: '"approved":true' },
        wrong: { status: 200, contains: '"approved":false' },
        message: { numberAfter: '"to":"+', codeAfter: '"code":"' },
      },
      servers: [server.processId],
      databases: [],
      startPlan,
      stopServers: server.stop,
      stop: server.stop,
    };
  },
};
