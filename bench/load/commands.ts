/**
 * The generator's own client of Kafka, the same for every service: it writes commands, and hands
 * each reply to whoever waits for it. What waits to be written leaves in one request.
 */
import { once } from 'node:events';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import {
  Consumer,
  compatibilityPartitioner,
  type MessageToProduce,
  ProduceAcks,
  Producer,
} from '@platformatic/kafka';
import { compileText, type PairValues } from './call-text.ts';
import type { CommandShape, KafkaShape } from './protocol.ts';

export interface Commands {
  /** Writes a command and answers the value of its reply, which has to be a right one. */
  ask(command: CommandShape, values: PairValues): Promise<string>;
  /** Replies that nobody waited for: written twice, or under another key. */
  readonly strayReplies: number;
  /** Rejects when nothing more can come, or nothing has come for too long. */
  readonly failure: Promise<never>;
  close(): Promise<void>;
}

interface Waiting {
  readonly sinceMs: number;
  readonly reply: (value: string) => void;
}

/** Longer than any service may take for one reply. */
const silenceMaxMs = 30_000;
/** As an engine writes it: a reply has to bring it back. */
const headers = { processInstanceId: '739452' };

export async function openCommands({ brokers, start, check }: KafkaShape): Promise<Commands> {
  const base = { clientId: 'bench', bootstrapBrokers: [brokers] };
  const failing = Promise.withResolvers<never>();
  failing.promise.catch(() => undefined);
  const text = (data: Buffer | undefined): string => data?.toString('latin1') ?? '';
  const consumer = new Consumer<string, string, string, string>({
    ...base,
    groupId: `bench-${crypto.randomUUID()}`,
    deserializers: { key: text, value: text, headerKey: text, headerValue: text },
    autocommit: false,
    maxWaitTime: 500,
  });
  const bytes = (written: string | undefined) => Buffer.from(written ?? '', 'latin1');
  const producer = new Producer<string, string, string, string>({
    ...base,
    acks: ProduceAcks.ALL,
    serializers: { key: bytes, value: bytes, headerKey: bytes, headerValue: bytes },
  });
  const waiting = new Map<string, Waiting>();
  const texts = new Map([start, check].map((one) => [one, compileText(one.value)]));
  let strayReplies = 0;

  const topics = [...new Set([start.replyTopic, check.replyTopic])];
  const stream = await consumer.consume({ topics, mode: 'latest' });
  // What is written before the end of each topic is known would be missed.
  if (stream.offsetsToFetch.size === 0) await once(stream, 'offsets');
  stream.on('data', ({ topic, key, value, headers: returned }) => {
    const name = `${topic}\n${key}`;
    const found = waiting.get(name);
    waiting.delete(name);
    if (found === undefined) strayReplies++;
    else if (returned.get('processInstanceId') === headers.processInstanceId) found.reply(value);
    else failing.reject(new Error('A reply came without the header of its command.'));
  });
  stream.once('error', failing.reject);
  const timer = setInterval(() => {
    // In the order in which they began to wait.
    const [oldest] = waiting.values();
    if (oldest !== undefined && performance.now() - oldest.sinceMs > silenceMaxMs) {
      failing.reject(new Error(`A command was not answered for ${silenceMaxMs / 1_000} s.`));
    }
  }, 1_000);

  let unwritten: MessageToProduce<string, string, string, string>[] = [];
  let isWriting = false;

  async function write(): Promise<void> {
    if (isWriting) return;
    isWriting = true;
    // What one fetch of replies has freed is asked together.
    await endOfTurn();
    while (unwritten.length > 0) {
      const messages = unwritten;
      unwritten = [];
      await producer.send({ messages, partitioner: compatibilityPartitioner });
    }
    isWriting = false;
  }

  return {
    async ask(command, values) {
      const { topic, replyTopic, contains } = command;
      const answered = new Promise<string>((reply) => {
        waiting.set(`${replyTopic}\n${values.number}`, { sinceMs: performance.now(), reply });
      });
      const value = texts.get(command)?.(values) ?? '';
      unwritten.push({ topic, key: values.number, value, headers });
      write().catch(failing.reject);
      const reply = await answered;
      if (reply.includes(contains.replace('{{number}}', values.number))) return reply;
      throw new Error(`${topic} was answered ${reply.slice(0, 300)}, without ${contains}.`);
    },
    get strayReplies() {
      return strayReplies;
    },
    failure: failing.promise,
    async close() {
      clearInterval(timer);
      stream.off('error', failing.reject);
      stream.on('error', () => undefined);
      await Promise.all([consumer.close(true), producer.close(true)]);
    },
  };
}
