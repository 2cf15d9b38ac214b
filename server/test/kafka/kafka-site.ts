/**
 * A real broker, a client of it that is not ours, and servers of ours as processes of their own:
 * what every test of the Kafka door stands on. One broker serves a test file; each test has topics,
 * a group and a data folder of its own.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import {
  type RunningServer,
  startDevelopmentServer,
  waitFor,
} from '../end-to-end/running-server.ts';
import { type KafkaOptions, startKafka, type TestKafka } from '../parts/kafka.ts';
import {
  findKafkaClient,
  type KafkaClient,
  type ReadRecord,
  type SentRecord,
  startKafkaClient,
} from '../parts/kafka-client.ts';
import { findKafka } from '../parts/kafka-jars.ts';
import { partOrSkip } from '../parts/part.ts';

export interface KafkaSite {
  readonly broker: TestKafka;
  readonly client: KafkaClient;
  end(): Promise<void>;
}

/** Null after the test was told what is missing on this machine. */
export async function openSite(
  context: Pick<TestContext, 'skip'>,
  options: KafkaOptions = {},
): Promise<KafkaSite | null> {
  const programs = partOrSkip(context, findKafka());
  const path = partOrSkip(context, findKafkaClient());
  if (programs === null || path === null) return null;
  const broker = await startKafka(programs, options);
  const client = startKafkaClient(path, broker.address());
  return {
    broker,
    client,
    async end() {
      await client.close();
      await broker.remove();
    },
  };
}

/** The topics of one test, and what tells a server of them. */
export interface Topics {
  readonly group: string;
  readonly generateIn: string;
  readonly generateOut: string;
  readonly validateIn: string;
  readonly validateOut: string;
  readonly deadLetter: string;
  readonly events: string;
  /** In the vendor's own names, as far as it has them. */
  readonly environment: Readonly<Record<string, string>>;
}

export function nameTopics(): Topics {
  const mark = randomBytes(4).toString('hex');
  const topics = {
    generateIn: `${mark}.generate.in`,
    generateOut: `${mark}.generate.out`,
    validateIn: `${mark}.validate.in`,
    validateOut: `${mark}.validate.out`,
    deadLetter: `${mark}.dead-letter`,
    events: `${mark}.events`,
  };
  const group = `group-${mark}`;
  return {
    ...topics,
    group,
    environment: {
      SPRING_KAFKA_CONSUMER_GROUP_ID: group,
      WATCHWORD_KAFKA_SESSION_TIMEOUT_SECONDS: '3',
      KAFKA_TOPIC_OTP_GENERATE_IN: topics.generateIn,
      KAFKA_TOPIC_OTP_GENERATE_OUT: topics.generateOut,
      KAFKA_TOPIC_OTP_VALIDATE_IN: topics.validateIn,
      KAFKA_TOPIC_OTP_VALIDATE_OUT: topics.validateOut,
      WATCHWORD_KAFKA_TOPIC_DEAD_LETTER: topics.deadLetter,
    },
  };
}

/** Makes them all, and has the client read what comes out. */
export async function makeTopics(
  client: KafkaClient,
  topics: Topics,
  partitions = 1,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { generateIn, generateOut, validateIn, validateOut, deadLetter, events } = topics;
  const names = [generateIn, generateOut, validateIn, validateOut, deadLetter, events];
  const made = Object.fromEntries(names.map((name) => [name, partitions]));
  await client.createTopics(made, settings);
  await client.follow([generateOut, validateOut, deadLetter, events]);
}

/** A development server of ours with a template that FlowX.AI's documentation names. */
export async function startNode(
  brokers: string,
  topics: Topics,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const server = await startDevelopmentServer({
    SPRING_KAFKA_BOOTSTRAP_SERVERS: brokers,
    ...topics.environment,
    ...environment,
  });
  await saveTemplate(server);
  return server;
}

export async function saveTemplate(server: RunningServer): Promise<void> {
  const text = 'Your code is {{ otpValue }}.';
  const variants = [
    { channel: 'email', language: 'en', prefix: null, subject: 'Your code', text, html: null },
    { channel: 'sms', language: 'en', prefix: null, subject: null, text, html: null },
  ];
  const saved = await server.call('PUT', '/v1/templates/otpMail', { variants });
  assert.ok(saved.status < 300, saved.text);
}

/** Ten digits: no number of a log or an event is like such a code by chance. */
export const longCode = { alphabet: 'digits', length: 10 } as const;

export async function makeCodesLong(server: RunningServer): Promise<void> {
  const { status, text } = await server.call('PATCH', '/v1/application', { code: longCode });
  assert.equal(status, 200, text);
}

/** None shows somebody's address or number, or a long code, be it within a sentence. */
export function assertShowNone(
  texts: readonly string[],
  secrets: { readonly recipients: readonly string[]; readonly codes: readonly string[] },
): void {
  assert.ok(secrets.codes.every((code) => code.length === longCode.length));
  const numbers = secrets.recipients.map((recipient) => recipient.replace('+', ''));
  for (const secret of [...numbers, ...secrets.codes]) {
    assert.deepEqual(
      texts.filter((text) => text.includes(secret)),
      [],
    );
  }
}

/** The state of Kafka that `/readyz` tells, once it is as wanted. */
export async function untilReadiness(
  server: RunningServer,
  isWanted: (kafka: { status: string; detail: string | null; missingTopics: string[] }) => boolean,
  timeoutMs = 20_000,
): Promise<void> {
  await waitFor(async () => {
    const { status, body } = await server.call('GET', '/readyz');
    assert.equal(status, 200);
    return isWanted(body.kafka) ? true : null;
  }, timeoutMs);
}

/** All replies of a topic so far. */
export function repliesOf(client: KafkaClient, topic: string): readonly ReadRecord[] {
  return client.records.filter((record) => record.topic === topic);
}

/** Waits until a topic has so many replies, and answers them. */
export function untilReplies(
  client: KafkaClient,
  topic: string,
  count: number,
  timeoutMs = 20_000,
): Promise<readonly ReadRecord[]> {
  return waitFor(async () => {
    const replies = repliesOf(client, topic);
    return replies.length >= count ? replies : null;
  }, timeoutMs);
}

let keysGiven = 0;

/** Sends a command and answers its reply, which is found by the key: a new one, unless given. */
export async function askOver(
  client: KafkaClient,
  replies: string,
  command: SentRecord,
): Promise<ReadRecord> {
  keysGiven += 1;
  const { key = Buffer.from([0, 255, keysGiven >> 8, keysGiven & 255]) } = command;
  await client.send([{ ...command, key }]);
  return waitFor(async () =>
    repliesOf(client, replies).findLast((reply) => reply.key?.equals(Buffer.from(key ?? ''))),
  );
}

/** The codes that a recipient was sent, oldest first. */
export async function codesOf(server: RunningServer, recipient: string): Promise<string[]> {
  const query = new URLSearchParams({ recipient, limit: '200' });
  const { body } = await server.call('GET', `/v1/sandbox/messages?${query}`);
  const messages: { text: string }[] = body.items;
  return messages.map(({ text }) => /\d{4,10}/.exec(text)?.[0] ?? '').reverse();
}
