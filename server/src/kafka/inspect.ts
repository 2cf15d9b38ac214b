import type { InspectedTopic, KafkaInspection } from '#service/kafka-port.ts';
import { createKafkaClient, type KafkaClient } from './client.ts';
import type { KafkaSettings } from './settings.ts';
import { readTrouble } from './trouble.ts';

const usualTimeoutMs = 10_000;

const advice =
  'Check WATCHWORD_KAFKA_BROKERS and WATCHWORD_KAFKA_SECURITY_PROTOCOL, WATCHWORD_KAFKA_CA_FILE ' +
  'for a certificate, and that the addresses which the brokers tell of themselves ' +
  '(advertised.listeners) can be reached from here.';

/**
 * What a server would find of Kafka. Nothing is made, joined or written. `timeoutMs` is for all of
 * it: brokers that are away are waited for no longer.
 */
export async function inspectKafka(
  settings: KafkaSettings,
  timeoutMs = usualTimeoutMs,
): Promise<KafkaInspection> {
  const client = createKafkaClient(settings);
  const late = Promise.withResolvers<KafkaInspection>();
  const detail = `The brokers did not answer within ${timeoutMs / 1_000} s. ${advice}`;
  const timer = setTimeout(() => late.resolve({ kind: 'unreached', detail }), timeoutMs);
  try {
    return await Promise.race([inspect(client, settings), late.promise]);
  } finally {
    clearTimeout(timer);
    await client.close();
  }
}

async function inspect(client: KafkaClient, settings: KafkaSettings): Promise<KafkaInspection> {
  try {
    const brokers = await client.reachBrokers();
    const makesTopics = await client.makesTopics();
    const topics: InspectedTopic[] = [];
    for (const topic of topicsOf(settings)) {
      topics.push({ ...topic, state: await stateOf(client, topic.name) });
    }
    return { kind: 'reached', brokers, makesTopics, topics };
  } catch (error) {
    const { kind, message } = readTrouble(error);
    return { kind: 'unreached', detail: kind === 'other' ? `${message} ${advice}` : message };
  }
}

async function stateOf(client: KafkaClient, topic: string): Promise<InspectedTopic['state']> {
  const { partitions, refused } = await client.findTopics([topic]);
  if (refused.includes(topic)) return 'refused';
  return partitions.has(topic) ? 'there' : 'missing';
}

function topicsOf(settings: KafkaSettings): readonly Omit<InspectedTopic, 'state'>[] {
  const { flowx, commands, deadLetterTopic, eventTopic } = settings;
  const pairs: readonly (readonly [from: string, to: string])[] = [
    ...(flowx.isOn
      ? ([
          [flowx.generateIn, flowx.generateOut],
          [flowx.validateIn, flowx.validateOut],
          [flowx.notificationIn, flowx.notificationOut],
        ] as const)
      : []),
    ...(commands.in === null ? [] : ([[commands.in, commands.out]] as const)),
  ];
  const written = [eventTopic, flowx.externalOut].filter((name) => name !== null);
  return [
    ...pairs.flatMap(([from, to]) => [
      { name: from, use: 'commands', answers: null } as const,
      { name: to, use: 'replies', answers: from } as const,
    ]),
    { name: deadLetterTopic, use: 'dead_letters', answers: null },
    ...written.map((name) => ({ name, use: 'messages', answers: null }) as const),
  ];
}
