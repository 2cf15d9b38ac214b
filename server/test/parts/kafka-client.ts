import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { PartSearch } from './part.ts';
import { findPythonPackages } from './python-packages.ts';

/**
 * A Kafka client that others wrote: confluent-kafka, which is librdkafka with a Python face. What
 * our server puts on the wire is read, and what it takes is written, by nothing of ours.
 */
const confluent = { name: 'confluent-kafka-2.12.2', packages: ['confluent-kafka==2.12.2'] };
const script = fileURLToPath(new URL('./kafka-client.py', import.meta.url));

/** The folder that Python finds it in. */
export function findKafkaClient(): PartSearch<string> {
  return findPythonPackages(confluent);
}

export type Bytes = Buffer | string | null;

export interface SentRecord {
  readonly topic: string;
  readonly partition?: number;
  readonly key?: Bytes;
  readonly value: Bytes;
  readonly headers?: readonly (readonly [string, Bytes])[];
  /** In ms since 1970; now where it is absent. */
  readonly timestamp?: number;
}

export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer | null])[];
}

export interface Place {
  readonly partition: number;
  readonly offset: number;
}

export interface KafkaClient {
  /** By name with their numbers of partitions. */
  createTopics(
    topics: Readonly<Record<string, number>>,
    settings?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Whatever this user would do with the topic is refused, until `allow` takes it back. */
  forbid(user: string, topic: string): Promise<void>;
  allow(user: string, topic: string): Promise<void>;
  /** Answers where they lie, in their order, once the broker has all of them. */
  send(records: readonly SentRecord[]): Promise<readonly Place[]>;
  /** From now on every record of these topics comes into `records`. */
  follow(topics: readonly string[]): Promise<void>;
  readonly records: readonly ReadRecord[];
  /** What a group has committed of a topic, by partition. */
  committed(group: string, topic: string): Promise<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

type Answer = { readonly id: number; readonly error?: string } & Readonly<Record<string, unknown>>;

/** `settings` are librdkafka's, beside the brokers: `security.protocol` and the like. */
export function startKafkaClient(
  path: string,
  brokers: string,
  settings: Readonly<Record<string, string>> = {},
): KafkaClient {
  const given = JSON.stringify({ 'bootstrap.servers': brokers, log_level: 2, ...settings });
  const python = spawn('python3', [script, given], {
    env: { ...process.env, PYTHONPATH: path },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => python.once('close', () => done()));
  const records: ReadRecord[] = [];
  const asked = new Map<number, PromiseWithResolvers<Answer>>();
  let askedCount = 0;

  createInterface(python.stdout).on('line', (line) => {
    const told = JSON.parse(line);
    if (!('id' in told)) {
      const headers = told.headers.map(([name, value]: [string, string]) => [name, decoded(value)]);
      records.push({ ...told, key: decoded(told.key), value: decoded(told.value), headers });
      return;
    }
    const waiting = asked.get(told.id);
    asked.delete(told.id);
    if (told.error === undefined) waiting?.resolve(told);
    else waiting?.reject(new Error(told.error));
  });
  python.once('exit', (code) => {
    for (const waiting of asked.values()) waiting.reject(new Error(`it ended with ${code}`));
  });

  function ask(command: string, parts: object): Promise<Answer> {
    askedCount += 1;
    const waiting = Promise.withResolvers<Answer>();
    asked.set(askedCount, waiting);
    python.stdin.write(`${JSON.stringify({ command, id: askedCount, ...parts })}\n`);
    return waiting.promise;
  }

  return {
    records,
    async createTopics(topics, topicSettings = {}) {
      await ask('create_topics', { topics, settings: topicSettings });
    },
    async forbid(user, topic) {
      await ask('forbid', { user, topic });
    },
    async allow(user, topic) {
      await ask('allow', { user, topic });
    },
    async send(sent) {
      const { places } = await ask('send', {
        records: sent.map(({ key = null, value, headers = [], ...where }) => ({
          ...{ ...where, key: encoded(key), value: encoded(value) },
          headers: headers.map(([name, content]) => [name, encoded(content)]),
        })),
      });
      const all = places as readonly (Place & { error?: string })[];
      const refused = all.find(({ error }) => error !== undefined);
      if (refused !== undefined) throw new Error(refused.error);
      return all;
    },
    async follow(topics) {
      await ask('follow', { topics });
    },
    async committed(group, topic) {
      const { offsets } = await ask('committed', { group, topic });
      return offsets as Record<string, number>;
    },
    close() {
      python.stdin.end();
      return ended;
    },
  };
}

function encoded(content: Bytes): string | null {
  return content === null ? null : Buffer.from(content).toString('base64');
}

function decoded(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64');
}
