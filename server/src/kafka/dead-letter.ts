import type { DeadLetterReason } from './command-topic.ts';
import type { Header, KafkaRecord, OutgoingRecord } from './record.ts';

export interface DeadLetterRules {
  readonly topic: string;
  /** A longer value is not even parsed. */
  readonly bytesMax: number;
  /** The names that commands have: any other may be somebody's number or address. */
  readonly fieldNames: ReadonlySet<string>;
}

/**
 * What an operator needs to find a record and to see what is wrong with it, and nothing that its
 * producer wrote: codes, recipients and personal data do not lie on one topic more, and a letter is
 * never too large for its topic. The record itself stays where it was for as long as its topic
 * keeps it.
 */
export function deadLetterFor(
  record: KafkaRecord,
  reason: DeadLetterReason,
  rules: DeadLetterRules,
): OutgoingRecord {
  return {
    topic: rules.topic,
    key: null,
    value: Buffer.from(JSON.stringify({ reason, ...describe(record, rules) })),
    headers: [
      header('watchword-dead-letter-reason', reason),
      header('watchword-dead-letter-topic', record.topic),
      header('watchword-dead-letter-partition', String(record.partition)),
      header('watchword-dead-letter-offset', String(record.offset)),
      header('watchword-dead-letter-timestamp', String(record.timestamp)),
    ],
  };
}

/** Where it lies, and the shape of its contents. */
export function describe(record: KafkaRecord, rules: DeadLetterRules) {
  return {
    topic: record.topic,
    partition: record.partition,
    offset: String(record.offset),
    timestamp: String(record.timestamp),
    valueBytes: record.value?.length ?? null,
    ...shapeOfFields(record.value, rules),
  };
}

function header(name: string, value: string): Header {
  return [Buffer.from(name), Buffer.from(value)];
}

interface FieldShapes {
  /** What the known fields of a JSON object hold, without it; null for all else. */
  readonly fields: Readonly<Record<string, string>> | null;
  readonly otherFields: number | null;
}

function shapeOfFields(
  value: Buffer | null,
  { bytesMax, fieldNames }: DeadLetterRules,
): FieldShapes {
  const unread: FieldShapes = { fields: null, otherFields: null };
  if (value === null || value.length > bytesMax) return unread;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return unread;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return unread;
  const entries = Object.entries(parsed);
  const known = entries.filter(([name]) => fieldNames.has(name));
  return {
    fields: Object.fromEntries(known.map(([name, content]) => [name, shapeOf(content)])),
    otherFields: entries.length - known.length,
  };
}

function shapeOf(content: unknown): string {
  if (content === null) return 'null';
  if (typeof content === 'string') return `text of ${content.length} characters`;
  if (Array.isArray(content)) return `array of ${content.length}`;
  if (typeof content === 'object') return `object of ${Object.keys(content).length}`;
  return typeof content;
}
