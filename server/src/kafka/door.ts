import type { EventSource } from '#service/event-source.ts';
import type { KafkaView } from '#service/kafka-port.ts';
import type { Log } from '#service/log-port.ts';
import type { NativeCalls } from '#service/native-port.ts';
import type { Service } from '#service/service.ts';
import { createApplicationSource } from './application-source.ts';
import { createKafkaClient } from './client.ts';
import { createCommandCounts } from './command-counts.ts';
import { createNativeTopics } from './commands/topic.ts';
import { startConsuming } from './consume.ts';
import { startTelling } from './events/tell-events.ts';
import { createFlowxTopics } from './flowx/topics.ts';
import { readWork } from './read-work.ts';
import type { PartEvents } from './record-producer.ts';
import { createSender, type Sender } from './sender.ts';
import type { KafkaSettings } from './settings.ts';
import { createStateKeeper, type PartState } from './state.ts';

export interface KafkaDoor extends KafkaView {
  /** Finishes what is worked on, as far as the brokers let it, and leaves the group. */
  stop(): Promise<void>;
}

export interface KafkaDoorParts {
  readonly settings: KafkaSettings;
  readonly service: Service;
  readonly calls: NativeCalls;
  /** What happens to the verifications of all applications; absent where nobody is told. */
  readonly events?: EventSource;
  /** Where events say that they come from. */
  readonly publicUrl?: string;
  /** The id of the application that commands belong to. */
  readonly application: string;
  readonly log: Log;
}

/** Below the time-out of a stop: what cannot be written by then is done by the next node. */
const stopGraceMs = 5_000;
const replyRetryWaitMs = 500;

/** Opens the door at once, whether or not a broker is there. */
export function openKafka(parts: KafkaDoorParts): KafkaDoor {
  const { settings, service, calls, application, log } = parts;
  const state = createStateKeeper(log);
  const stopping = new AbortController();

  /** What a broker answers while it starts or its group changes passes by itself. */
  const eventsOf = (part: PartState): PartEvents => ({
    connected: part.connected,
    troubled(trouble) {
      if (stopping.signal.aborted) return;
      if (trouble.kind === 'refused' || trouble.kind === 'unreachable') {
        part.disconnected(trouble.message);
      } else {
        log.debug({ err: trouble }, 'a broker answered with an error');
      }
    },
  });

  const client = createKafkaClient(settings, {
    membership: eventsOf(state.membership),
    writer: eventsOf(state.writer),
  });
  const producer = client.createProducer();
  const sender = createSender({
    produce: producer.send,
    ensureTopic: producer.ensureTopic,
    waiting(topic, trouble) {
      const detail = trouble?.message ?? null;
      state.topicWaits(topic, detail);
      if (trouble !== null) log.warn({ topic, detail, err: trouble }, 'replies have to wait');
    },
    retryWaitMs: replyRetryWaitMs,
  });
  const applicationNow = createApplicationSource(service, application);
  const commandTopics = [
    ...createFlowxTopics({ settings, service, applicationNow }),
    ...createNativeTopics({ settings, calls, applicationNow }),
  ];
  const topics = new Map(commandTopics.map((one) => [one.topic, one]));
  const counts = createCommandCounts(topics.keys());
  const carrying = {
    ...{ ...settings, sender, log, stopping: stopping.signal },
    deadLetters: {
      topic: settings.deadLetterTopic,
      bytesMax: settings.messageBytesMax,
      fieldNames: new Set(commandTopics.flatMap(({ fieldNames }) => fieldNames)),
    },
  };

  const consuming = startConsuming({
    client,
    topics: [...topics.keys()],
    parallelMax: settings.parallelMax,
    refusedWaitMs: settings.refusedWaitSeconds * 1000,
    state: { ...state.membership, missing: state.missing },
    log,
    readWork: (record) => readWork({ topics, carrying, counts }, record),
  });

  const telling = startTellingWhereOn(parts, sender);

  return {
    state: state.read,
    commandCounts: counts.read,
    async stop() {
      stopping.abort();
      const patience = setTimeout(sender.close, stopGraceMs);
      await Promise.all([consuming.stop(), telling?.stop()]);
      clearTimeout(patience);
      sender.close();
      await Promise.all([producer.close(), client.close()]);
    },
  };
}

function startTellingWhereOn(
  { settings, events, publicUrl = '', log }: KafkaDoorParts,
  sender: Sender,
) {
  const { eventTopic: topic } = settings;
  if (topic === null || events === undefined) return null;
  return startTelling({ events, sender, topic, source: publicUrl, log });
}
