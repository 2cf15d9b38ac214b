import { createHash } from 'node:crypto';
/** Records as they lie on a topic: bytes, which nothing on the way changes. */

/** A name may stand several times, and the order counts. */
export type Header = readonly [name: Buffer, value: Buffer | null];

export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** In ms since 1970, as the producer or the broker has it. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

export interface OutgoingRecord {
  readonly topic: string;
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: readonly Header[];
}

/** What it holds in memory. */
export function bytesOf({
  key,
  value,
  headers,
}: Pick<KafkaRecord, 'key' | 'value' | 'headers'>): number {
  return headers.reduce(
    (sum, [name, content]) => sum + name.length + (content?.length ?? 0),
    (key?.length ?? 0) + (value?.length ?? 0),
  );
}

/** The first value under a name, as text; undefined where there is none. */
export function headerText(record: KafkaRecord, name: string): string | undefined {
  const header = record.headers.find(([one]) => one.toString('utf8') === name);
  return header?.[1]?.toString('utf8');
}

/** A reply goes back with the key and with every header of what it answers. */
export function replyTo(record: KafkaRecord, topic: string, value: string): OutgoingRecord {
  return { topic, key: record.key, value: Buffer.from(value), headers: record.headers };
}

/**
 * Names one record for good: a step that was done for it is not done again. The timestamp is a part
 * of it because a topic that is made anew counts its offsets from 0 again.
 */
export function recordId({ topic, partition, offset, timestamp }: KafkaRecord): string {
  return `kafka:${topic}:${partition}:${offset}:${timestamp}`;
}

/** Where it lies, for a log line. */
export function placeOf(record: Pick<KafkaRecord, 'topic' | 'partition' | 'offset'>) {
  const { topic, partition, offset } = record;
  return { topic, partition, offset: String(offset) };
}

/** What commands with one key have in common: short, however long the key is. */
export function orderOfKey(key: Buffer): string {
  return `key ${createHash('sha256').update(key).digest('base64')}`;
}
