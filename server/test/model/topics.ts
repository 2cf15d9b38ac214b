/** A target's topics, and how a client asks over them: a record goes in, its reply comes out. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type KafkaSite, nameTopics } from '../kafka/kafka-site.ts';
import { flowx } from './doors/flowx.ts';
import { kafka } from './doors/kafka.ts';
import type { CommandTopicName, TopicDoor } from './doors/topic-door.ts';
import type { Asking, KafkaDoorName, ObservedAnswer } from './operations.ts';

export interface TargetTopics {
  /** What tells a node of them. */
  readonly environment: Readonly<Record<string, string>>;
  ask(operation: Asking, idOf: (verification: string) => string): Promise<ObservedAnswer>;
}

const doors: Readonly<Record<KafkaDoorName, TopicDoor>> = { flowx, kafka };
const partitions = 4;
const markHeader = 'mark';
const answerTimeoutMs = 30_000;

export async function makeTargetTopics({ broker, client }: KafkaSite): Promise<TargetTopics> {
  const names = nameTopics();
  const commands = { in: `${names.group}.commands`, out: `${names.group}.replies` };
  const topics: Readonly<Record<CommandTopicName, { in: string; out: string }>> = {
    generate: { in: names.generateIn, out: names.generateOut },
    validate: { in: names.validateIn, out: names.validateOut },
    commands,
  };
  const all = Object.values(topics).flatMap((topic) => [topic.in, topic.out]);
  await client.createTopics(Object.fromEntries(all.map((topic) => [topic, partitions])));
  await client.follow(Object.values(topics).map(({ out }) => out));
  const outTopics = new Set(Object.values(topics).map(({ out }) => out));
  const replies = new Map<string, string>();
  let seen = client.records.length;

  function takeReply(mark: string): string | undefined {
    for (; seen < client.records.length; seen++) {
      const { topic, headers, value } = client.records[seen] ?? { topic: '', headers: [] };
      if (!outTopics.has(topic)) continue;
      const [, found] = headers.find(([name]) => name === markHeader) ?? [];
      replies.set(String(found), String(value));
    }
    const reply = replies.get(mark);
    replies.delete(mark);
    return reply;
  }

  return {
    environment: {
      WATCHWORD_KAFKA_BROKERS: broker.address(),
      ...names.environment,
      WATCHWORD_KAFKA_TOPIC_COMMANDS: commands.in,
      WATCHWORD_KAFKA_TOPIC_REPLIES: commands.out,
    },
    async ask(operation, idOf) {
      const door = doors[operation.door as KafkaDoorName];
      const { topic, key, headers, value } = door.command(operation, idOf);
      const mark = randomBytes(8).toString('hex');
      const marked = [...headers, [markHeader, mark]] as const;
      const record = { key, headers: marked, value: JSON.stringify(value) };
      await client.send([{ topic: topics[topic].in, ...record }]);
      const deadline = Date.now() + answerTimeoutMs;
      for (;;) {
        const reply = takeReply(mark);
        if (reply !== undefined) return door.read(operation, reply);
        if (Date.now() > deadline) throw new Error(`Never answered: ${JSON.stringify(value)}`);
        await pause(1);
      }
    },
  };
}
