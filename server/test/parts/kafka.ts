/**
 * A real Apache Kafka for tests: one node that is broker and controller (KRaft). Each started one
 * has a temporary folder and free ports of loopback, and ends when the process that started it
 * does, however that ends.
 */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Certificate } from './aiosmtpd.ts';
import type { KafkaPrograms } from './kafka-jars.ts';
import { freePort, isRunning, letGo, logOf, makeFolder, startWatched } from './watched-process.ts';

export interface KafkaOptions {
  /** Let in by SASL, with PLAIN and SCRAM-SHA-512, each with a password. */
  readonly users?: Readonly<Record<string, string>>;
  /** Opens listeners with TLS beside those without. */
  readonly certificate?: Certificate;
  /** Of `server.properties`, for example `{ 'num.partitions': '3' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export type Listener = 'PLAINTEXT' | 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL';

export interface TestKafka {
  /** As a client's list of brokers; refuses a listener that the options did not ask for. */
  address(listener?: Listener): string;
  /** Holds everything that the broker keeps. */
  readonly folder: string;
  /** Another one after each restart. */
  processId(): number;
  /** kill -9. */
  kill(): Promise<void>;
  /** In order. */
  stop(): Promise<void>;
  /** The same data and ports again, after `kill` or `stop`. */
  restart(): Promise<void>;
  /** What it wrote into its log so far. */
  log(): string;
  remove(): Promise<void>;
}

const startTimeoutMs = 60_000;
const pollMs = 20;
const startsMax = 3;
const mechanisms = ['PLAIN', 'SCRAM-SHA-512'] as const;

/**
 * What makes one small node start and recover fast: 3 s after a kill -9, where the defaults take
 * 11. Below 256 MB of heap the cleaner's buffer of 128 MB by default does not fit.
 */
const fastSettings = {
  'num.partitions': '1',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  'log.cleaner.dedupe.buffer.size': '2097152',
  'broker.session.timeout.ms': '1500',
  'broker.heartbeat.interval.ms': '300',
  'controller.quorum.election.timeout.ms': '300',
  'controller.quorum.fetch.timeout.ms': '500',
  'controller.quorum.election.backoff.max.ms': '200',
  'num.network.threads': '1',
  'num.io.threads': '2',
  'background.threads': '2',
};

interface Node {
  readonly programs: KafkaPrograms;
  readonly folder: string;
  readonly options: KafkaOptions;
  readonly ports: ReadonlyMap<Listener, number>;
}

/** A broker of its own for a test file. */
export async function startKafka(
  programs: KafkaPrograms,
  options: KafkaOptions = {},
): Promise<TestKafka> {
  const folder = makeFolder('kafka', null);
  try {
    const node = await makeNode(programs, folder, options);
    let watcher = await startNode(node);
    const processId = () => Number(readFileSync(processFileOf(node), 'utf8'));

    async function end(signal: NodeJS.Signals): Promise<void> {
      if (!isRunning(watcher)) return;
      watcher.ref();
      const exited = once(watcher, 'exit');
      process.kill(processId(), signal);
      await exited;
    }

    return {
      address(listener = 'PLAINTEXT') {
        const port = node.ports.get(listener);
        if (port === undefined) throw new Error(`This broker has no listener ${listener}.`);
        return `127.0.0.1:${port}`;
      },
      folder,
      processId,
      kill: () => end('SIGKILL'),
      stop: () => end('SIGTERM'),
      async restart() {
        watcher = await startNode(node);
      },
      log: () => readFileSync(logOf(folder), 'utf8'),
      async remove() {
        await end('SIGKILL');
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function makeNode(
  programs: KafkaPrograms,
  folder: string,
  options: KafkaOptions,
): Promise<Node> {
  const listeners: Listener[] = ['PLAINTEXT'];
  if (options.users !== undefined) listeners.push('SASL_PLAINTEXT');
  if (options.certificate !== undefined) listeners.push('SSL');
  if (listeners.length === 3) listeners.push('SASL_SSL');
  const ports = new Map<Listener, number>();
  for (const listener of listeners) ports.set(listener, await freePort());
  const node: Node = { programs, folder, options, ports };
  writeFileSync(settingsFileOf(node), propertiesOf(node, await freePort()), { mode: 0o600 });
  format(node);
  return node;
}

function propertiesOf(node: Node, controllerPort: number): string {
  const { folder, ports, options } = node;
  const addresses = [...ports].map(([listener, port]) => `${listener}://127.0.0.1:${port}`);
  const protocols = [...ports.keys()].map((listener) => `${listener}:${listener}`);
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...addresses, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': addresses.join(','),
    'listener.security.protocol.map': [...protocols, 'CONTROLLER:PLAINTEXT'].join(','),
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    ...fastSettings,
    ...saslSettings(node),
    ...tlsSettings(node),
    ...options.settings,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function saslSettings({ options: { users }, ports }: Node): Record<string, string> {
  if (users === undefined) return {};
  const logins = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  const security = 'org.apache.kafka.common.security';
  const settings: Record<string, string> = { 'sasl.enabled.mechanisms': mechanisms.join(',') };
  for (const listener of ports.keys()) {
    if (!listener.startsWith('SASL_')) continue;
    const begin = `listener.name.${listener.toLowerCase()}`;
    settings[`${begin}.plain.sasl.jaas.config`] =
      `${security}.plain.PlainLoginModule required ${logins.join(' ')};`;
    settings[`${begin}.scram-sha-512.sasl.jaas.config`] =
      `${security}.scram.ScramLoginModule required;`;
  }
  return settings;
}

function tlsSettings({ folder, options: { certificate } }: Node): Record<string, string> {
  if (certificate === undefined) return {};
  const store = join(folder, 'key-store.pem');
  const parts = [certificate.keyFile, certificate.file].map((file) => readFileSync(file));
  writeFileSync(store, Buffer.concat(parts), { mode: 0o600 });
  return { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': store };
}

/** SCRAM's users are kept in the broker's own data, so they are made with it. */
function format(node: Node): void {
  const { programs, options } = node;
  const users = Object.entries(options.users ?? {}).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${name},password=${password}]`,
  ]);
  const { status, stdout, stderr } = spawnSync(
    programs.java,
    [
      ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', programs.classPath],
      ...['kafka.tools.StorageTool', 'format', '--config', settingsFileOf(node)],
      // In one word: an id may begin with a dash.
      ...[`--cluster-id=${randomBytes(16).toString('base64url')}`, ...users],
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`Kafka's data could not be made: ${stdout}${stderr}`);
}

/** Another program may take a port between looking and using it: then it is tried again. */
async function startNode(node: Node, startsLeft = startsMax): Promise<ChildProcess> {
  const { programs, folder } = node;
  // The shell tells the id of the process that it then becomes.
  const tellId = ['/bin/sh', '-c', 'echo $$ >"$0"; exec "$@"', processFileOf(node)];
  const java = [
    ...[programs.java, '-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    ...['-XX:+ExitOnOutOfMemoryError', '-cp', programs.classPath],
    ...['kafka.Kafka', settingsFileOf(node)],
  ];
  const loggedBefore = statSync(logOf(folder), { throwIfNoEntry: false })?.size ?? 0;
  const watcher = startWatched([...tellId, ...java], { folder, owner: null });
  const deadlineMs = Date.now() + startTimeoutMs;
  while (isRunning(watcher) && Date.now() < deadlineMs) {
    if (logSince(folder, loggedBefore).includes('Kafka Server started')) {
      letGo(watcher);
      return watcher;
    }
    await pause(pollMs);
  }
  watcher.stdin?.end();
  const said = logSince(folder, loggedBefore);
  if (said.includes('BindException') && startsLeft > 1) return startNode(node, startsLeft - 1);
  throw new Error(`Kafka did not start: ${said.slice(-2000)}`);
}

function logSince(folder: string, begin: number): string {
  const log = logOf(folder);
  const isThere = statSync(log, { throwIfNoEntry: false }) !== undefined;
  return isThere ? readFileSync(log).subarray(begin).toString('utf8') : '';
}

function settingsFileOf({ folder }: Node): string {
  return join(folder, 'server.properties');
}

function processFileOf({ folder }: Node): string {
  return join(folder, 'process-id');
}
