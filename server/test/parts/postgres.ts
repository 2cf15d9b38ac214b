/**
 * A real PostgreSQL for tests: the system's own, or installed from the system's packages where that
 * can be done. Each started server has a temporary folder and a free port of loopback, writes
 * through to the disk (`fsync` on) as one in production does, and ends when the test process does,
 * however that ends.
 */
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Certificate } from './aiosmtpd.ts';
import { installDebianPackages, oneAtATime, type PartSearch } from './part.ts';
import {
  freePort,
  isRunning,
  letGo,
  logOf,
  makeFolder,
  makeOwnedFolder,
  type Owner,
  startWatched,
  unprivilegedUser,
  writeOwned,
} from './watched-process.ts';

export interface PostgresPrograms {
  /** The folder that `initdb`, `postgres`, `pg_dump` and the rest lie in. */
  readonly folder: string;
}

export interface PostgresOptions {
  /** Asked for (SCRAM) from everybody; without one everybody on this machine is let in. */
  readonly password?: string;
  /** Connections over TCP are taken with TLS alone. */
  readonly certificate?: Certificate;
  /** Of `postgresql.conf`, for example `{ max_connections: '5' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where the cluster lies, or is made, and stays; without it, it ends with its server. */
  readonly keptIn?: string;
}

export interface TestPostgres {
  /** Of the database `postgres`, as its superuser. */
  readonly url: string;
  readonly port: number;
  /** Holds the Unix socket, the log and a cluster that is not kept; libpq takes it as host. */
  readonly folder: string;
  /** Of the server itself, whose children do the work. */
  readonly processId: number;
  /** The URL of a fresh, empty database on this server. */
  createDatabase(): Promise<string>;
  /** With whatever connections it has; after a crash each file of a database costs time. */
  dropDatabase(url: string): Promise<void>;
  /** kill -9 of the server and of everything it started. */
  kill(): Promise<void>;
  /** Ends connections, and then the server, in order. */
  stop(): Promise<void>;
  /** The same cluster and port again, after `kill` or `stop`. */
  restart(): Promise<void>;
  /** What the server wrote into its log so far. */
  log(): string;
  /** Ends it for good and removes its folder; a cluster that is kept stays. */
  remove(): Promise<void>;
}

const user = 'watchword';
const startTimeoutMs = 60_000;
const pollMs = 20;
const startsMax = 3;

export function findPostgres(): PartSearch<PostgresPrograms> {
  const found = firstPlace() ?? oneAtATime('postgres', installed);
  return found === undefined
    ? { ok: false, reason: 'There is no PostgreSQL server. Install it (`initdb`, `postgres`).' }
    : { ok: true, part: { folder: found } };
}

function installed(): string | undefined {
  return firstPlace() ?? (installDebianPackages('postgresql') ? firstPlace() : undefined);
}

/** Debian keeps the server's programs out of the path, one folder for each major version. */
function firstPlace(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a));
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...newestFirst.map((version) => join(debian, version, 'bin')),
  ];
  const found = folders.find((folder) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))),
  );
  // A link may stand alone; the other programs lie beside what it leads to.
  return found === undefined ? undefined : dirname(realpathSync(join(found, 'postgres')));
}

/** A server of its own for a test file; `createDatabase` gives each test a database of its own. */
export async function startPostgres(
  { folder: programs }: PostgresPrograms,
  options: PostgresOptions = {},
): Promise<TestPostgres> {
  const owner = unprivilegedUser();
  const folder = makeFolder('postgres', owner);
  const cluster: Cluster = { programs, folder, owner, options };
  try {
    if (!existsSync(join(dataOf(cluster), 'PG_VERSION'))) makeCluster(cluster);
    let running = await startOnFreePort(cluster);
    const { port } = running;
    const url = addressOf(cluster, port);

    async function end(stopServer: (processId: number) => void): Promise<void> {
      if (!isRunning(running.watcher)) return;
      running.watcher.ref();
      const exited = once(running.watcher, 'exit');
      stopServer(running.processId);
      await exited;
    }

    return {
      url,
      port,
      folder,
      get processId() {
        return running.processId;
      },
      createDatabase: () => createDatabase(cluster, url),
      dropDatabase: (database) => dropDatabase(cluster, url, database),
      kill: () => end(killWithChildren),
      stop: () => end(stopInOrder),
      async restart() {
        running = await startServer(cluster, port);
      },
      log: () => readFileSync(logOf(cluster.folder), 'utf8'),
      async remove() {
        await end(options.keptIn === undefined ? killWithChildren : stopInOrder);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Cluster {
  readonly programs: string;
  readonly folder: string;
  readonly owner: Owner;
  readonly options: PostgresOptions;
}

interface Running {
  readonly port: number;
  readonly processId: number;
  readonly watcher: ChildProcess;
}

function dataOf({ folder, options }: Cluster): string {
  return options.keptIn ?? join(folder, 'data');
}

function makeCluster(cluster: Cluster): void {
  const { programs, folder, owner, options } = cluster;
  const { password, certificate, keptIn } = options;
  if (keptIn !== undefined) makeOwnedFolder(keptIn, owner);
  const passwordFile = join(folder, 'password');
  const access = ['-A', 'trust'];
  if (password !== undefined) {
    writeOwned(passwordFile, `${password}\n`, owner);
    access.splice(0, 2, '-A', 'scram-sha-256', '--pwfile', passwordFile);
  }
  // Only making the cluster may skip the disk: one that a crash of the machine spoils is not used.
  const args = ['-D', dataOf(cluster), '-U', user, '-E', 'UTF8', '--locale=C', '--no-sync'];
  const made = spawnSync(join(programs, 'initdb'), [...args, '--no-instructions', ...access], {
    ...owner,
    cwd: folder,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  if (certificate === undefined) return;
  for (const [from, name] of [
    [certificate.file, 'server.crt'],
    [certificate.keyFile, 'server.key'],
  ] as const) {
    writeOwned(join(dataOf(cluster), name), readFileSync(from), owner);
  }
  const rules = join(dataOf(cluster), 'pg_hba.conf');
  writeFileSync(rules, readFileSync(rules, 'utf8').replace(/^host\b/gm, 'hostssl'));
}

/** Another program may take the port between looking and using it. */
async function startOnFreePort(cluster: Cluster, startsLeft = startsMax): Promise<Running> {
  try {
    return await startServer(cluster, await freePort());
  } catch (error) {
    const isTaken = error instanceof Error && error.message.includes('Address already in use');
    if (!isTaken || startsLeft <= 1) throw error;
    return startOnFreePort(cluster, startsLeft - 1);
  }
}

async function startServer(cluster: Cluster, port: number): Promise<Running> {
  const { programs, folder, owner } = cluster;
  const command = [join(programs, 'postgres'), '-D', dataOf(cluster), ...settingsOf(cluster, port)];
  const watcher = startWatched(command, { folder, owner });
  await untilReady(cluster, watcher);
  letGo(watcher);
  const processId = Number(readLock(cluster)[0]);
  return { port, processId, watcher };
}

function settingsOf({ folder, options }: Cluster, port: number): readonly string[] {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // Several servers stand side by side on a small machine.
    shared_buffers: '64MB',
    max_wal_size: '512MB',
    ...(options.certificate === undefined ? {} : { ssl: 'on' }),
    ...options.settings,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function untilReady(cluster: Cluster, watcher: ChildProcess): Promise<void> {
  const deadlineMs = Date.now() + startTimeoutMs;
  while (Date.now() < deadlineMs) {
    if (!isRunning(watcher)) break;
    // The eighth line of `postmaster.pid` tells the state, and is rewritten by each start.
    const [processId = '', ...lines] = readLock(cluster);
    const isReady = ['ready', 'standby'].includes(lines[6]?.trim() ?? '');
    if (isReady && isAlive(Number(processId))) return;
    await pause(pollMs);
  }
  watcher.stdin?.end();
  throw new Error(
    `PostgreSQL did not start: ${readFileSync(logOf(cluster.folder), 'utf8').slice(-2000)}`,
  );
}

function readLock(cluster: Cluster): readonly string[] {
  const lock = join(dataOf(cluster), 'postmaster.pid');
  try {
    return readFileSync(lock, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

function stopInOrder(processId: number): void {
  process.kill(processId, 'SIGINT');
}

/** The server is held still first, so that it starts nothing that would be missed. */
function killWithChildren(processId: number): void {
  process.kill(processId, 'SIGSTOP');
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const children = processes
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([, parent]) => parent === processId)
    .flatMap(([child]) => child ?? []);
  for (const one of [processId, ...children]) {
    if (isAlive(one)) process.kill(one, 'SIGKILL');
  }
}

function addressOf({ options: { password } }: Cluster, port: number): string {
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  return `postgres://${user}${secret}@127.0.0.1:${port}/postgres`;
}

/** Over the Unix socket, which takes no TLS. */
async function createDatabase(cluster: Cluster, url: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await ask(cluster, url, `CREATE DATABASE ${name}`);
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

function dropDatabase(cluster: Cluster, url: string, database: string): Promise<void> {
  return ask(cluster, url, `DROP DATABASE ${new URL(database).pathname.slice(1)} WITH (FORCE)`);
}

/** As the superuser, over the socket. */
async function ask({ folder, options }: Cluster, url: string, statement: string): Promise<void> {
  const { port } = new URL(url);
  const client = new Client({
    host: folder,
    port: Number(port),
    user,
    password: options.password,
    database: 'postgres',
  });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
