import { setTimeout as wait } from 'node:timers/promises';
import { Type } from 'typebox';
import { isoTime } from '#api/iso-time.ts';
import { defineRoute } from '#api/route.ts';
import { moment, noQuery, oneOf, orNull } from '#api/schemas/text.ts';
import type { KafkaStatus } from '#service/kafka-port.ts';
import { StorageUnavailable } from '#service/ports.ts';

/** Below what load balancers wait for an answer by default. */
const pingTimeoutMs = 2_000;

const kafkaStatus = oneOf<KafkaStatus>(
  { connecting: true, connected: true, disconnected: true },
  'Whether the brokers are there.',
);

export const readinessRead = defineRoute({
  method: 'GET',
  path: '/readyz',
  operationId: 'readReadiness',
  tag: 'about',
  summary: 'Can it serve?',
  description:
    'The storage is reachable and up to date: send traffic only while this answers 200. Where ' +
    'the server takes commands from Kafka it tells of the brokers too; they may be away, and ' +
    'HTTP is served all the same.',
  access: 'open',
  query: noQuery,
  answer: {
    status: 200,
    description: 'It can.',
    schema: Type.Object({
      status: Type.Literal('ready'),
      kafka: Type.Optional(
        Type.Object({
          status: kafkaStatus,
          detail: orNull(Type.String({ description: 'What is wrong, in a sentence.' })),
          since: moment('Since when its status is so.'),
          missingTopics: Type.Array(Type.String(), {
            description:
              'Topics of commands that the brokers do not have, or refuse access to: then the ' +
              'detail says so.',
          }),
        }),
      ),
    }),
  },
  refusals: [],
  async handle({ service, kafka }) {
    const timer = new AbortController();
    try {
      await Promise.race([service.ping(), lateness(timer.signal)]);
    } finally {
      timer.abort();
    }
    if (kafka === null) return { status: 'ready' as const };
    const { sinceMs, missingTopics, ...state } = kafka.state();
    return {
      status: 'ready' as const,
      kafka: { ...state, since: isoTime(sinceMs), missingTopics: [...missingTopics] },
    };
  },
});

async function lateness(signal: AbortSignal): Promise<void> {
  try {
    await wait(pingTimeoutMs, undefined, { signal, ref: false });
  } catch {
    // Aborted: the storage answered first.
    return;
  }
  throw new StorageUnavailable(`The storage did not answer a ping within ${pingTimeoutMs} ms.`);
}
