import { type BaseOptions, ProduceAcks, Producer, type ProducerOptions } from '@platformatic/kafka';
import { closeInTime } from './close-in-time.ts';
import { hashKey } from './key-hash.ts';
import type { OutgoingRecord } from './record.ts';
import { KafkaTrouble, partitionsWritten, readTrouble } from './trouble.ts';

export interface PartEvents {
  /** Something was answered. */
  connected(): void;
  /** An operation failed, and is tried again. */
  troubled(trouble: KafkaTrouble): void;
}

export interface RecordProducer {
  /** Resolves once every in-sync replica has them. Throws `KafkaTrouble`, which tells a part. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Throws `KafkaTrouble` where there is no such topic and the broker makes none by itself. */
  ensureTopic(topic: string): Promise<void>;
  close(): Promise<void>;
}

interface Placed {
  readonly record: OutgoingRecord;
  readonly partition: number;
}

/** Ten minutes: as long as a record keeps its sequence number, it cannot be written twice. */
const producerRetries = 600;

type Writing = Pick<ProducerOptions<Buffer, Buffer, Buffer, Buffer>, 'acks' | 'idempotent'>;

export const writing = {
  replies: { retries: producerRetries, idempotent: true },
  // One that is not taken now must not go out when its time is over.
  messages: { retries: 0, acks: ProduceAcks.ALL },
} as const satisfies Record<string, Writing & { readonly retries: number }>;

export function createProducer(options: BaseOptions & Writing, events: PartEvents): RecordProducer {
  const producer = new Producer<Buffer | null, Buffer, Buffer, Buffer | null>({
    ...options,
    // As Java's clients do: a broker that makes topics by itself makes that of the replies.
    autocreateTopics: true,
  });
  let keyless = 0;

  /** Chosen here, and not by the library, to know what a request wrote that failed in part. */
  function partitionOf({ key }: OutgoingRecord): number {
    if (key !== null) return hashKey(key);
    keyless = (keyless + 1) % 2 ** 30;
    return keyless;
  }

  async function placed(records: readonly OutgoingRecord[]): Promise<readonly Placed[]> {
    const topics = [...new Set(records.map(({ topic }) => topic))];
    const metadata = await producer.metadata({ topics, autocreateTopics: true });
    return records.map((record) => {
      const count = metadata.topics.get(record.topic)?.partitionsCount ?? 1;
      return { record, partition: partitionOf(record) % count };
    });
  }

  /** A record or a topic that is refused was answered too. */
  function readAnswer(error: unknown, sent: readonly Placed[] = []): KafkaTrouble {
    const { kind, message } = readTrouble(error);
    if (kind === 'record_refused' || kind === 'unknown_topic') events.connected();
    const partitions = partitionsWritten(error);
    const written = sent.filter(({ record: { topic }, partition }) =>
      partitions.has(`${topic}:${partition}`),
    );
    return new KafkaTrouble(kind, message, error, new Set(written.map(({ record }) => record)));
  }

  return {
    async send(records) {
      let sent: readonly Placed[] = [];
      try {
        sent = await placed(records);
        await producer.send({
          messages: sent.map(({ record: { headers, ...record }, partition }) => ({
            ...record,
            partition,
            // Every name is a Buffer of its own, so the map keeps those that stand several times.
            headers: new Map(headers),
          })),
        });
        events.connected();
      } catch (error) {
        throw readAnswer(error, sent);
      }
    },
    async ensureTopic(topic) {
      try {
        // What is remembered would not tell that the brokers are away.
        const asked = { topics: [topic], autocreateTopics: true, forceUpdate: true };
        await producer.metadata({ ...asked, retries: 3 });
      } catch (error) {
        throw readAnswer(error);
      }
    },
    close: () => closeInTime(producer.close(true)),
  };
}
