import type { DeadLetterReason } from './command-topic.ts';
import type { Header, KafkaRecord, OutgoingRecord } from './record.ts';

/** More than any command has; the rest is not worth a longer record. */
const fieldsMax = 50;
const fieldNameCharactersMax = 64;

/**
 * What an operator needs to find a record and to see what is wrong with it, and nothing of its
 * contents: codes, recipients and personal data do not lie on one topic more. The record itself
 * stays where it was for as long as its topic keeps it.
 */
export function deadLetterFor(
  record: KafkaRecord,
  reason: DeadLetterReason,
  topic: string,
): OutgoingRecord {
  const told: readonly Header[] = [
    header('watchword-dead-letter-reason', reason),
    header('watchword-dead-letter-topic', record.topic),
    header('watchword-dead-letter-partition', String(record.partition)),
    header('watchword-dead-letter-offset', String(record.offset)),
    header('watchword-dead-letter-timestamp', String(record.timestamp)),
  ];
  return {
    topic,
    key: record.key,
    value: Buffer.from(JSON.stringify({ reason, ...describe(record) })),
    headers: [...record.headers, ...told],
  };
}

/** Where it lies, and the shape of its contents. */
export function describe(record: KafkaRecord) {
  return {
    topic: record.topic,
    partition: record.partition,
    offset: String(record.offset),
    timestamp: String(record.timestamp),
    valueBytes: record.value?.length ?? null,
    fields: fieldsOf(record.value),
  };
}

function header(name: string, value: string): Header {
  return [Buffer.from(name), Buffer.from(value)];
}

/** Names of the fields of a JSON object with what they hold, without it; null for all else. */
function fieldsOf(value: Buffer | null): Readonly<Record<string, string>> | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value?.toString('utf8') ?? '');
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  const entries = Object.entries(parsed).slice(0, fieldsMax);
  return Object.fromEntries(
    entries.map(([name, content]) => [name.slice(0, fieldNameCharactersMax), shapeOf(content)]),
  );
}

function shapeOf(content: unknown): string {
  if (content === null) return 'null';
  if (typeof content === 'string') return `text of ${content.length} characters`;
  if (Array.isArray(content)) return `array of ${content.length}`;
  if (typeof content === 'object') return `object of ${Object.keys(content).length}`;
  return typeof content;
}
