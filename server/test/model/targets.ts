/** What the model is compared with: a real server, as one process or as several on one database. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  callServer,
  type RunningServer,
  startDevelopmentServer,
} from '../end-to-end/running-server.ts';
import type { KafkaSite } from '../kafka/kafka-site.ts';
import { findPostgres, startPostgres } from '../parts/postgres.ts';
import { makeCredentials, readCredentials } from './doors/credentials.ts';
import type { Credentials } from './doors/door.ts';
import { saveTemplate } from './doors/flowx-clients.ts';
import type { ApplicationName, Vendor } from './operations.ts';
import { makeTargetTopics, type TargetTopics } from './topics.ts';

export interface Target {
  readonly name: string;
  /** One for each node; a node keeps its address over a restart. */
  readonly urls: readonly string[];
  readonly apiKeys: Readonly<Record<ApplicationName, string>>;
  /** Made when they are first asked for, where development has none. */
  credentialsOf(application: ApplicationName, vendor: Vendor): Promise<Credentials>;
  /** Null where it takes no commands over Kafka. */
  readonly topics: TargetTopics | null;
  /** On a database that several nodes work on, or may. */
  readonly isShared: boolean;
  /** kill -9. */
  kill(node: number): Promise<void>;
  restart(node: number): Promise<void>;
  /** Whether calls to this node fail because it was killed. */
  isCut(node: number): boolean;
  /** What all nodes printed so far. */
  output(): string;
  remove(): Promise<void>;
}

export interface TargetKind {
  readonly name: string;
  readonly storage: 'sqlite' | 'postgres';
  /** Takes commands over Kafka too. */
  readonly overTopics: boolean;
  readonly nodes: number;
  /** How many are used at once, each by one sequence at a time. */
  readonly servers: number;
  /** How many are run by `npm test`. */
  readonly sequences: number;
  readonly sequencesWithCrashes: number;
  /** Likewise, with vendors' calls among them. */
  readonly sequencesThroughDoors: number;
  readonly sequencesThroughDoorsWithCrashes: number;
  /** Of a hundred sequences of `npm run test:long`. */
  readonly share: number;
}

/** Where targets are made, of any kind with this storage. */
export interface Site {
  startTarget(kind: TargetKind): Promise<Target>;
  remove(): Promise<void>;
}

export interface SiteOptions {
  readonly storage: TargetKind['storage'];
  /**
   * Everything is written through to the disk. Sequences without crashes may do without: what is
   * lost when a machine dies is not what they are about, and half of their time would be waiting.
   */
  readonly isDurable: boolean;
  /** Where its targets' topics are. */
  readonly kafka?: KafkaSite;
}

/** Every kind of server that the model holds for. */
export const targetKinds: readonly TargetKind[] = [
  {
    name: 'SQLite',
    storage: 'sqlite',
    overTopics: false,
    nodes: 1,
    servers: 3,
    sequences: 1_000,
    sequencesWithCrashes: 12,
    sequencesThroughDoors: 500,
    sequencesThroughDoorsWithCrashes: 4,
    share: 80,
  },
  {
    name: 'PostgreSQL with one node',
    storage: 'postgres',
    overTopics: false,
    nodes: 1,
    servers: 3,
    sequences: 120,
    sequencesWithCrashes: 4,
    sequencesThroughDoors: 0,
    sequencesThroughDoorsWithCrashes: 0,
    share: 10,
  },
  {
    name: 'PostgreSQL with three nodes',
    storage: 'postgres',
    overTopics: false,
    nodes: 3,
    servers: 2,
    sequences: 100,
    sequencesWithCrashes: 6,
    sequencesThroughDoors: 60,
    sequencesThroughDoorsWithCrashes: 4,
    share: 10,
  },
];

/** The same, with a broker beside them: a call there takes ten times as long. */
export const targetKindsOverTopics: readonly TargetKind[] = targetKinds
  .filter(({ name }) => name !== 'PostgreSQL with one node')
  .map((kind) => ({
    ...kind,
    name: `${kind.name} and Kafka`,
    overTopics: true,
    servers: kind.storage === 'sqlite' ? 2 : 1,
    sequences: kind.storage === 'sqlite' ? 60 : 6,
    ...{ sequencesWithCrashes: 0, sequencesThroughDoors: 0, sequencesThroughDoorsWithCrashes: 0 },
  }));

/**
 * The server's time never goes back, so when the machine's clock is corrected it is ahead of that
 * for a while, and a client that reads the machine's clock sees moments that are yet to come.
 */
export const aheadMsMax = 50;

/** A price, so that budgets can be set: five cents for each of our messages. */
const providers = JSON.stringify([
  { name: 'sandbox', kind: 'sandbox', price: { currency: 'EUR', perPart: '0.05' } },
]);

export type Environment = Readonly<Record<string, string>>;

export async function openSite({ storage, isDurable, kafka }: SiteOptions): Promise<Site> {
  const makeFolder = () => mkdtempSync(join(isDurable ? tmpdir() : memoryFolder(), 'watchword-'));
  const common: Environment = { WATCHWORD_PROVIDERS: providers };
  if (storage === 'sqlite') {
    const startTarget = (kind: TargetKind) => startNodes(kind, common, { makeFolder, kafka });
    return { startTarget, remove: async () => {} };
  }
  const search = findPostgres();
  if (!search.ok) throw new Error(search.reason);
  const settings = isDurable ? {} : { fsync: 'off', synchronous_commit: 'off' };
  const postgres = await startPostgres(search.part, { settings });
  return {
    async startTarget(kind) {
      const environment: Environment = {
        ...common,
        WATCHWORD_DATABASE_URL: await postgres.createDatabase(),
        WATCHWORD_KEYS: `model:${randomBytes(32).toString('base64')}`,
        WATCHWORD_DEV_API_KEY: `wk_${randomBytes(16).toString('hex')}`,
      };
      return startNodes(kind, environment, { makeFolder, kafka });
    },
    remove: () => postgres.remove(),
  };
}

/** Where the machine has a folder that is no disk, writing through to it costs nothing. */
function memoryFolder(): string {
  const folder = '/dev/shm';
  return existsSync(folder) ? folder : tmpdir();
}

/** Why this machine cannot run it; null when it can. */
export function missingFor({ storage }: TargetKind): string | null {
  if (storage === 'sqlite') return null;
  const search = findPostgres();
  return search.ok ? null : search.reason;
}

async function startNodes(
  kind: TargetKind,
  own: Environment,
  {
    makeFolder,
    kafka,
  }: { readonly makeFolder: () => string; readonly kafka?: KafkaSite | undefined },
): Promise<Target> {
  const topics = kafka === undefined ? null : await makeTargetTopics(kafka);
  const environment = { ...own, ...topics?.environment };
  const nodes: RunningServer[] = [];
  async function remove(): Promise<void> {
    await Promise.all(nodes.map((node) => node.remove()));
  }
  const killed = new Set<number>();
  /** Commands are drawn for any number of nodes. */
  const indexOf = (node: number) => node % kind.nodes;
  let other: OtherApplication;
  try {
    for (let node = 0; node < kind.nodes; node++) {
      nodes.push(await startDevelopmentServer(environment, makeFolder()));
    }
    other = await makeOtherApplication(firstOf(nodes), environment);
    if (topics !== null) await saveTemplate(firstOf(nodes));
  } catch (error) {
    await remove();
    throw error;
  }
  const { apiKey, folder } = firstOf(nodes);
  const made = new Map<string, Promise<Credentials>>();
  return {
    name: kind.name,
    urls: nodes.map(({ url }) => url),
    apiKeys: { own: apiKey, other: other.apiKey },
    credentialsOf(application, vendor) {
      const name = `${application} ${vendor}`;
      const known = made.get(name);
      if (known !== undefined) return known;
      const making =
        application === 'own'
          ? Promise.resolve(readCredentials(folder, vendor))
          : makeCredentials(environmentOf(folder, environment), other.id, vendor);
      made.set(name, making);
      return making;
    },
    topics,
    isShared: kind.storage === 'postgres',
    async kill(node) {
      killed.add(indexOf(node));
      await nodes[indexOf(node)]?.kill();
    },
    async restart(node) {
      const again = await nodes[indexOf(node)]?.restart();
      if (again !== undefined) nodes[indexOf(node)] = again;
      killed.delete(indexOf(node));
    },
    isCut: (node) => killed.has(indexOf(node)),
    output: () => nodes.map((node) => node.output()).join('\n'),
    remove,
  };
}

const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));
const run = promisify(execFile);

function firstOf([first]: readonly RunningServer[]): RunningServer {
  if (first === undefined) throw new Error('A target has at least one node.');
  return first;
}

/** Of the command line, beside the server in this folder. */
function environmentOf(folder: string, environment: Environment): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { PATH, ...environment, WATCHWORD_DATA: folder };
}

interface OtherApplication {
  readonly id: string;
  readonly apiKey: string;
}

/** An application beside the development one, made as an operator makes it. */
async function makeOtherApplication(
  server: RunningServer,
  environment: Environment,
): Promise<OtherApplication> {
  const env = environmentOf(server.folder, environment);
  const command = async (...words: readonly string[]): Promise<{ id: string; apiKey: string }> => {
    const { stdout } = await run(process.execPath, [watchword, ...words, '--json'], { env });
    return JSON.parse(stdout) as { id: string; apiKey: string };
  };
  const { id } = await command('application', 'create', 'Other');
  const { apiKey } = await command('api-key', 'create', id);
  const caller = { url: server.url, apiKey };
  const changed = await callServer(caller, 'PATCH', '/v1/application', { countries: 'all' });
  if (changed.status !== 200) throw new Error(`The other application: ${changed.text}`);
  return { id, apiKey };
}
