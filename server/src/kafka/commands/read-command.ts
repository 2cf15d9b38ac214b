import { isUtf8 } from 'node:buffer';
import { type KafkaRecord, recordId } from '#kafka/record.ts';
import { type NativeCallName, nativeCallNames } from '#service/native-port.ts';

/** A native command as it was written: what its fields may be is for the calls themselves. */
export interface NativeCommand {
  readonly name: NativeCallName;
  /** Without `command`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly key: string;
}

/** Null for what is no command: nobody waits for an answer to it. */
export function readNativeCommand(record: KafkaRecord, bytesMax: number): NativeCommand | null {
  const { value } = record;
  if (value === null || value.length > bytesMax || !isUtf8(value)) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  const { command, ...fields } = parsed as Readonly<Record<string, unknown>>;
  const name = nativeCallNames.find((one) => one === command);
  return name === undefined ? null : { name, fields, key: keyOf(record) };
}

/**
 * The key that its producer chose, or else the place of the record. Several headers are joined by a
 * blank, which no key may have: so they are refused as a malformed one is.
 */
function keyOf(record: KafkaRecord): string {
  const chosen = record.headers
    .filter(([name]) => name.toString('latin1').toLowerCase() === 'idempotency-key')
    .map(([, value]) => value?.toString('utf8') ?? '');
  return chosen.length === 0 ? recordId(record) : chosen.join(' ');
}

/** Without a key the person decides; without both a partition's commands go one by one. */
export function orderOf(record: KafkaRecord, command: NativeCommand | null): string {
  if (record.key !== null) return `key ${record.key.toString('base64')}`;
  const { id, recipient } = command?.fields ?? {};
  const subject = [id, recipient].find((one) => typeof one === 'string');
  return subject === undefined ? `partition ${record.partition}` : `subject ${subject}`;
}
