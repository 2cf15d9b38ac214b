/**
 * The only file, with `record-producer.ts`, that knows the Kafka library. What it does by default
 * loses messages or hangs, so everything that matters is said here:
 *
 * 1. Nothing is committed by itself: the library commits what was fetched, not what was done.
 * 2. A group without a committed offset begins at the earliest record, not at the latest.
 * 3. Keys go to the partitions that Java's clients choose; the library's own rule agrees with it
 *    for half of the keys.
 * 4. Endless retries would hide a wrong password and keep every error that came, so each operation
 *    has a bound, the hook of the waits tells of trouble, and whoever called begins anew.
 * 5. A connection that breaks while it logs in tells its error twice, the second time to nobody,
 *    and a stream that is closed while it begins tells its own to nobody. Either would end the
 *    process: here everybody listens.
 */
import type { ConnectionOptions } from 'node:tls';
import {
  Admin,
  type BaseOptions,
  ConfigResourceTypes,
  Connection,
  Consumer,
  instancesChannel,
  type Message,
  MessagesStream,
} from '@platformatic/kafka';
import { readCaFile } from './ca-file.ts';
import { closeInTime } from './close-in-time.ts';
import type { KafkaRecord } from './record.ts';
import {
  createProducer,
  type PartEvents,
  type RecordProducer,
  writing,
} from './record-producer.ts';
import type { KafkaSettings } from './settings.ts';
import { readTrouble, refusesTopic } from './trouble.ts';

/** A record of a member of the group, which can be told to be done. */
export interface DeliveredRecord extends KafkaRecord {
  /** Every record of the partition up to this one is done. */
  commit(): Promise<void>;
}

export interface GroupMember {
  readonly records: AsyncIterable<DeliveredRecord>;
  /** Whether the group has given this node the partition. */
  owns(topic: string, partition: number): boolean;
  /** Leaves the group; the records end. */
  close(): Promise<void>;
}

export interface FoundTopics {
  /** Of the topics that the broker has, and lets the user see. */
  readonly partitions: ReadonlyMap<string, number>;
  readonly refused: readonly string[];
}

export interface KafkaClient {
  findTopics(topics: readonly string[]): Promise<FoundTopics>;
  /** How many there are. Connects to each at the address that it tells of itself. */
  reachBrokers(): Promise<number>;
  /** Whether they make a topic that is first asked for; null where they do not say. */
  makesTopics(): Promise<boolean | null>;
  /** `signal` ends the waiting for brokers that are away. */
  joinGroup(topics: readonly string[], signal?: AbortSignal): Promise<GroupMember>;
  /** Of replies. */
  createProducer(): RecordProducer;
  close(): Promise<void>;
}

/** What a client tells of its two parts, which fare apart: the group's membership, and writing. */
export interface ClientEvents {
  readonly membership: PartEvents;
  readonly writer: PartEvents;
}

const connectTimeoutMs = 5_000;
const requestTimeoutMs = 15_000;
/** Of a session, and no more than a second: so the group's changes are seen soon. */
const heartbeatIntervalMs = { max: 1_000, shareOfSession: 1 / 4 };
const rebalanceTimeoutMs = 20_000;
/** A request for records waits so long; a partition that was given meanwhile waits for it too. */
const fetchWaitMs = 500;
/** Of all partitions in one answer: what a node holds in memory beside the commands it works on. */
const fetchBytesMax = 8 * 1024 * 1024;
/** Records that were fetched and not read, each as long as a broker takes; then none is fetched. */
const fetchedMax = 8;
const retryWaitMs = { min: 100, max: 1_000 };
/** Half a minute, then the membership begins anew. */
const consumerRetries = 30;
/** A commit that a membership was closed in is never answered; the next one makes up for it. */
const commitTimeoutMs = 3_000;

instancesChannel.subscribe((created) => {
  const { instance }: { readonly instance?: unknown } = Object(created);
  // Whoever waits for the connection, or reads the stream, is told by the library.
  if (instance instanceof Connection) instance.on('error', () => {});
  if (instance instanceof MessagesStream) instance.on('error', () => {});
});

const untold: PartEvents = { connected() {}, troubled() {} };

export function createKafkaClient(
  settings: KafkaSettings,
  { membership, writer }: ClientEvents = { membership: untold, writer: untold },
): KafkaClient {
  // It is a consumer that joins nothing: the plainest client that the library has.
  const prober = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...baseOptions(settings, membership),
    groupId: settings.group,
    retries: 0,
  });

  const refusedUntilMs = new Map<string, number>();

  async function partitionsOf(topic: string): Promise<number | 'refused' | null> {
    if ((refusedUntilMs.get(topic) ?? 0) > Date.now()) return 'refused';
    try {
      const metadata = await prober.metadata({ topics: [topic], forceUpdate: true, retries: 0 });
      return metadata.topics.get(topic)?.partitionsCount ?? null;
    } catch (error) {
      const trouble = readTrouble(error);
      if (trouble.kind === 'unknown_topic') return null;
      if (!refusesTopic(error)) throw trouble;
      refusedUntilMs.set(topic, Date.now() + settings.refusedWaitSeconds * 1000);
      return 'refused';
    }
  }

  return {
    async findTopics(topics) {
      const partitions = new Map<string, number>();
      const refused: string[] = [];
      for (const topic of topics) {
        const found = await partitionsOf(topic);
        if (found === 'refused') refused.push(topic);
        else if (found !== null) partitions.set(topic, found);
      }
      return { partitions, refused };
    },
    async reachBrokers() {
      try {
        return (await prober.connectToBrokers()).size;
      } catch (error) {
        throw readTrouble(error);
      }
    },
    async makesTopics() {
      const admin = new Admin({ ...baseOptions(settings, membership), retries: 0 });
      try {
        const { brokers } = await admin.metadata({ topics: [] });
        const resourceName = String([...brokers.keys()][0]);
        const asked = { resourceType: ConfigResourceTypes.BROKER, resourceName };
        const key = 'auto.create.topics.enable';
        const resources = [{ ...asked, configurationKeys: [key] }];
        const [described] = await admin.describeConfigs({ resources });
        const value = described?.configs.find(({ name }) => name === key)?.value;
        return value === undefined || value === null ? null : value === 'true';
      } catch (error) {
        // It is a right of its own, which a server does not need.
        if (readTrouble(error).kind === 'refused') return null;
        throw readTrouble(error);
      } finally {
        await closeInTime(admin.close());
      }
    },
    joinGroup: (topics, signal) => joinGroup(settings, membership, topics, signal),
    createProducer: () => createRecordProducer(settings, 'replies', writer),
    close: () => closeInTime(prober.close()),
  };
}

/** Replies are written for as long as it takes, and once; of a message each try is one. */
export function createRecordProducer(
  settings: KafkaSettings,
  of: 'replies' | 'messages',
  events: PartEvents = untold,
): RecordProducer {
  return createProducer({ ...baseOptions(settings, events), ...writing[of] }, events);
}

function baseOptions(settings: KafkaSettings, events: PartEvents): BaseOptions {
  const { login, securityProtocol, saslMechanism } = settings;
  return {
    clientId: 'watchword',
    bootstrapBrokers: [...settings.brokers],
    connectTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    autocreateTopics: false,
    retryDelay(_client, _operation, attempt, _retries, error) {
      const trouble = readTrouble(error);
      events.troubled(trouble);
      if (trouble.kind === 'refused') return settings.refusedWaitSeconds * 1000;
      return Math.min(retryWaitMs.max, retryWaitMs.min * 2 ** Math.min(attempt, 10));
    },
    ...(securityProtocol.endsWith('SSL') ? { tls: tlsOptions(settings) } : {}),
    ...(login === null
      ? {}
      : { sasl: { mechanism: saslMechanism, username: login.user, password: login.password } }),
  };
}

/** The authority is read at every start of a client, so that a new file holds from then on. */
function tlsOptions({ caFile }: KafkaSettings): ConnectionOptions {
  return caFile === null ? {} : { ca: readCaFile(caFile) };
}

async function joinGroup(
  settings: KafkaSettings,
  allEvents: PartEvents,
  topics: readonly string[],
  signal: AbortSignal | undefined,
): Promise<GroupMember> {
  signal?.throwIfAborted();
  const sessionMs = settings.sessionTimeoutSeconds * 1000;
  let isClosed = false;
  const events: PartEvents = {
    connected: () => isClosed || allEvents.connected(),
    // What is under way when a membership is closed fails, and that is no trouble.
    troubled: (trouble) => isClosed || allEvents.troubled(trouble),
  };
  const consumer = new Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...baseOptions(settings, events),
    groupId: settings.group,
    retries: consumerRetries,
    sessionTimeout: sessionMs,
    heartbeatInterval: Math.min(
      heartbeatIntervalMs.max,
      sessionMs * heartbeatIntervalMs.shareOfSession,
    ),
    rebalanceTimeout: Math.max(rebalanceTimeoutMs, sessionMs),
    maxWaitTime: fetchWaitMs,
    maxBytes: fetchBytesMax,
    highWaterMark: fetchedMax,
    autocommit: false,
  });
  let stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | undefined;
  // Without heartbeats the group gives the partitions away: the membership has to begin anew.
  const lose = (error: unknown): void => {
    stream?.destroy(error instanceof Error ? error : new Error('The membership was lost.'));
  };
  consumer.on('error', lose);
  consumer.on('consumer:heartbeat:stalled', ({ lastError }) => lose(lastError));
  consumer.on('consumer:heartbeat:end', events.connected);
  consumer.on('consumer:heartbeat:error', ({ error }) => events.troubled(readTrouble(error)));
  const close = (): Promise<void> => {
    isClosed = true;
    return closeInTime(leaveAndClose(consumer));
  };
  const giveUp = (): void => void close();
  signal?.addEventListener('abort', giveUp);
  try {
    stream = await consumer.consume({
      topics: [...topics],
      mode: 'committed',
      fallbackMode: 'earliest',
    });
  } catch (error) {
    await close();
    throw readTrouble(error);
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  events.connected();
  return {
    records: recordsOf(stream),
    owns: (topic, partition) =>
      consumer.assignments?.some(
        (one) => one.topic === topic && one.partitions.includes(partition),
      ) === true,
    close,
  };
}

/**
 * In two steps: a join that is under way when a consumer is closed begins its heartbeats after it,
 * which then fail and are made again without end. Where the group is left first, they are not.
 */
async function leaveAndClose(consumer: Consumer<Buffer, Buffer, Buffer, Buffer>): Promise<void> {
  try {
    await consumer.leaveGroup(true);
  } catch {
    // No broker is there: it is closed all the same.
  }
  await consumer.close(true);
}

async function* recordsOf(
  stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>,
): AsyncGenerator<DeliveredRecord> {
  try {
    for await (const message of stream) yield deliver(message);
  } catch (error) {
    throw readTrouble(error);
  }
}

/** What is null in Kafka is undefined in the library, whatever its types say. */
function deliver(message: Message<Buffer | undefined, Buffer | undefined>): DeliveredRecord {
  const { topic, partition, offset, timestamp, key, value, headerEntries } = message;
  // Of the message itself nothing is kept for the commit, which may come long after its work.
  const commit = message.commit;
  return {
    ...{ topic, partition, offset, timestamp },
    key: copyOf(key),
    value: copyOf(value),
    headers: headerEntries.map(([name, content]) => [Buffer.from(name), copyOf(content)]),
    async commit() {
      const late = Promise.withResolvers<never>();
      const tooLate = new Error('A commit was not answered.');
      const timer = setTimeout(() => late.reject(tooLate), commitTimeoutMs);
      try {
        await Promise.race([commit(), late.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** The library's are views into everything that came with them, which would be held as well. */
function copyOf(bytes: Buffer | undefined): Buffer | null {
  return bytes ? Buffer.from(bytes) : null;
}
