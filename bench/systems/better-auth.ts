import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SystemShape } from '../load/protocol.ts';
import { cacheFolder } from './cache-folder.ts';
import { preparePostgres, startBenchPostgres } from './postgres.ts';
import { freePort, startProgram } from './program.ts';
import type { Ground, Preparation, RunningSystem, System } from './system.ts';

const source = fileURLToPath(new URL('../peers/better-auth', import.meta.url));
const files = ['package.json', 'package-lock.json', 'server.mjs'];
const installTimeoutMs = 240_000;

export const betterAuthPostgres: System = {
  name: 'better-auth-postgres',
  title: 'better-auth, PostgreSQL',
  async prepare() {
    const postgres = preparePostgres();
    if (!postgres.ok) return postgres;
    const installed = install();
    if (!installed.ok) return installed;
    return { ok: true, version: `${installed.version}, ${postgres.version}` };
  },
  async start(ground) {
    const postgres = await startBenchPostgres();
    try {
      const running = await start(ground, ['postgres', postgres.url]);
      return {
        ...running,
        databases: [postgres.processId],
        async stop() {
          await running.stop();
          await postgres.remove();
        },
      };
    } catch (error) {
      await postgres.remove();
      throw error;
    }
  },
};

export const betterAuthSqlite: System = {
  name: 'better-auth-sqlite',
  title: 'better-auth, node:sqlite',
  prepare: async () => install(),
  start: (ground) => start(ground, ['sqlite', join(ground.folder, 'better-auth.db')]),
};

/** Installs the versions of its lock file into the cache, out of the way of our own packages. */
function install(): Preparation {
  const folder = cacheFolder('better-auth');
  mkdirSync(folder, { recursive: true });
  for (const file of files) copyFileSync(join(source, file), join(folder, file));
  const wanted = readVersion(join(source, 'package-lock.json'));
  const version = { ok: true, version: wanted } as const;
  const manifest = join(folder, 'node_modules/better-auth/package.json');
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === wanted) {
    return version;
  }
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'];
  const options = { cwd: folder, timeout: installTimeoutMs, encoding: 'utf8' } as const;
  const npm = spawnSync('npm', args, options);
  if (npm.status === 0) return version;
  const said = npm.stderr?.trim().split('\n').at(-1) ?? '';
  return { ok: false, reason: `npm could not install it: ${said || npm.error?.message}` };
}

function readVersion(lockFile: string): string {
  const { packages } = JSON.parse(readFileSync(lockFile, 'utf8'));
  return String(packages['node_modules/better-auth'].version);
}

async function start(
  { folder, gateways }: Ground,
  database: readonly string[],
): Promise<RunningSystem> {
  const port = await freePort();
  const place = cacheFolder('better-auth');
  const startPlan = {
    command: process.execPath,
    args: [join(place, 'server.mjs'), String(port), String(gateways.healthy), ...database],
    environment: { NODE_ENV: 'production' },
    folder: place,
    logFile: join(folder, 'better-auth.log'),
    port,
    readyPath: '/api/auth/ok',
  };
  const server = await startProgram(startPlan);
  return {
    shape: shapeOf(port),
    servers: [server.processId],
    databases: [],
    startPlan,
    stopServers: server.stop,
    stop: server.stop,
  };
}

/** Without a session, which saves it a statement; a user it always makes. */
function shapeOf(port: number): SystemShape {
  const headers = { 'content-type': 'application/json' };
  return {
    ports: [port],
    start: {
      method: 'POST',
      path: '/api/auth/phone-number/send-otp',
      headers,
      body: '{"phoneNumber":"+{{number}}"}',
    },
    started: { status: 200, contains: 'code sent' },
    idAfter: null,
    check: {
      method: 'POST',
      path: '/api/auth/phone-number/verify',
      headers,
      body: '{"phoneNumber":"+{{number}}","code":"{{code}}","disableSession":true}',
    },
    approved: { status: 200, contains: '"status":true' },
    wrong: { status: 400, contains: 'INVALID_OTP' },
    message: { numberAfter: '"to":"+', codeAfter: '"code":"' },
  };
}
