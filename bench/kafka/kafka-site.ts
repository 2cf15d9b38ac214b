/**
 * What stands around a server that takes commands from Kafka: a real broker, the topics, and a
 * service that only echoes, to say what broker and client alone would do here.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Admin } from '@platformatic/kafka';
import { startKafka } from '../../server/test/parts/kafka.ts';
import { findKafka } from '../../server/test/parts/kafka-jars.ts';
import type { KafkaShape } from '../load/protocol.ts';
import {
  createApplication,
  type Environment,
  sendingBy,
  watchwordTool,
} from '../systems/watchword.ts';
import {
  echoShape,
  environmentOf,
  flowxShape,
  nativeShape,
  templateName,
  topics,
} from './words.ts';

/** The broker with what is written to it, and by whom it is answered. */
export interface KafkaUnderTest {
  readonly brokerProcessId: number;
  readonly flowx: KafkaShape;
  readonly native: KafkaShape;
  /** Each handler writes its own reply. */
  readonly alone: Echo;
  /** All replies that wait leave in one request. */
  readonly together: Echo;
}

export interface Echo {
  readonly shape: KafkaShape;
  readonly processId: number;
}

export interface KafkaSite extends KafkaUnderTest {
  /** What a server is told of it. */
  readonly environment: Environment;
  /** Once that server runs: commands name a template. */
  saveTemplate(port: number): Promise<void>;
  close(): Promise<void>;
}

/** Several, as a topic has that more than one node reads. */
const partitions = 4;
const startTimeoutMs = 30_000;
const echoProgram = fileURLToPath(new URL('./echo.ts', import.meta.url));

/** Before the server runs: its application is made by the command line. */
export async function openKafkaSite(environment: Environment): Promise<KafkaSite> {
  const search = findKafka();
  if (!search.ok) throw new Error(search.reason);
  const name = 'kafka';
  const apiKey = await createApplication(environment, name, sendingBy('healthy'));
  const { id } = await watchwordTool(environment, 'application', 'show', name);
  const broker = await startKafka(search.part);
  try {
    const brokers = broker.address();
    await makeTopics(brokers);
    const alone = await startEcho(brokers, topics.aloneIn, topics.aloneOut, 'alone');
    const together = await startEcho(brokers, topics.togetherIn, topics.togetherOut, 'together');
    return {
      brokerProcessId: broker.processId(),
      flowx: flowxShape(brokers),
      native: nativeShape(brokers),
      alone,
      together,
      environment: environmentOf(brokers, String(id)),
      saveTemplate: (port) => saveTemplate(port, apiKey),
      async close() {
        await Promise.all([alone.stop(), together.stop()]);
        await broker.remove();
      },
    };
  } catch (error) {
    await broker.remove();
    throw error;
  }
}

async function makeTopics(brokers: string): Promise<void> {
  const admin = new Admin({ clientId: 'bench', bootstrapBrokers: [brokers] });
  try {
    await admin.createTopics({ topics: Object.values(topics), partitions, replicas: 1 });
  } finally {
    await admin.close();
  }
}

async function startEcho(
  brokers: string,
  topic: string,
  replyTopic: string,
  how: 'together' | 'alone',
) {
  const echo = fork(echoProgram, [brokers, topic, replyTopic, how]);
  const ended = new Promise<void>((done) => echo.once('exit', () => done()));
  const stop = (): Promise<void> => {
    echo.kill('SIGKILL');
    return ended;
  };
  try {
    await once(echo, 'message', { signal: AbortSignal.timeout(startTimeoutMs) });
    return { shape: echoShape(brokers, topic, replyTopic), processId: echo.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw new Error('The echo service did not start.', { cause: error });
  }
}

async function saveTemplate(port: number, apiKey: string): Promise<void> {
  const text = 'Your code is {{ otpValue }}.';
  const answer = await fetch(`http://127.0.0.1:${port}/v1/templates/${templateName}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      variants: [{ channel: 'sms', language: 'en', prefix: null, subject: null, text, html: null }],
    }),
  });
  if (!answer.ok) throw new Error(`The template was answered ${answer.status}.`);
}
