/** A real PgBouncer in front of a test's PostgreSQL; it ends when the test process does. */
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { installDebianPackages, oneAtATime, type PartSearch } from './part.ts';
import {
  freePort,
  isRunning,
  letGo,
  logOf,
  makeFolder,
  startWatched,
  unprivilegedUser,
  writeOwned,
} from './watched-process.ts';

export interface PgbouncerOptions {
  readonly poolMode: 'session' | 'transaction' | 'statement';
  /** Of the section `[pgbouncer]`, for example `{ default_pool_size: '2' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface TestPgbouncer {
  /** The address of a database of the server, by way of the pooler. */
  through(url: string): string;
  /** What it wrote into its log so far. */
  log(): string;
  remove(): Promise<void>;
}

const startTimeoutMs = 20_000;
const pollMs = 20;

/** The path of the program. */
export function findPgbouncer(): PartSearch<string> {
  const found = firstPlace() ?? oneAtATime('pgbouncer', installed);
  return found === undefined
    ? { ok: false, reason: 'There is no PgBouncer. Install it (`pgbouncer`).' }
    : { ok: true, part: found };
}

function installed(): string | undefined {
  return firstPlace() ?? (installDebianPackages('pgbouncer') ? firstPlace() : undefined);
}

function firstPlace(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return folders.map((folder) => join(folder, 'pgbouncer')).find((file) => existsSync(file));
}

/** In front of the server at `url`, which lets everybody in who comes from this machine. */
export async function startPgbouncer(
  program: string,
  url: string,
  { poolMode, settings = {} }: PgbouncerOptions,
): Promise<TestPgbouncer> {
  const owner = unprivilegedUser();
  const folder = makeFolder('pgbouncer', owner);
  const port = await freePort();
  const { hostname, port: serverPort, username } = new URL(url);
  const server = `* = host=${hostname} port=${serverPort} user=${username}`;
  const all = {
    listen_addr: hostname,
    listen_port: String(port),
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: poolMode,
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  const file = join(folder, 'pgbouncer.ini');
  writeOwned(file, ['[databases]', server, '[pgbouncer]', ...lines, ''].join('\n'), owner);
  const watcher = startWatched([program, '--quiet', file], { folder, owner });
  const log = (): string => readFileSync(logOf(folder), 'utf8');

  async function remove(): Promise<void> {
    if (isRunning(watcher)) {
      watcher.ref();
      const exited = once(watcher, 'exit');
      watcher.stdin?.end();
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  }

  const deadlineMs = Date.now() + startTimeoutMs;
  while (!(await isListening(hostname, port))) {
    if (!isRunning(watcher) || Date.now() > deadlineMs) {
      const said = log();
      await remove();
      throw new Error(`PgBouncer did not start: ${said}`);
    }
    await pause(pollMs);
  }
  letGo(watcher);
  return {
    through: (address) => Object.assign(new URL(address), { port: String(port) }).href,
    log,
    remove,
  };
}

function isListening(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
