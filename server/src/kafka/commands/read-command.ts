import { isUtf8 } from 'node:buffer';
import { ok, type Result } from '#domain/refusal.ts';
import { type KafkaRecord, orderOfKey, recordId } from '#kafka/record.ts';
import { type NativeCallName, type NativeMistake, nativeCallNames } from '#service/native-port.ts';

/** A native command as it was written: what its fields may be is for the calls themselves. */
export interface NativeCommand {
  readonly name: NativeCallName;
  /** Without `command`. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly key: string;
}

export function readNativeCommand(
  record: KafkaRecord,
  bytesMax: number,
): Result<NativeCommand, NativeMistake> {
  const { value } = record;
  if (value !== null && value.length > bytesMax) {
    return mistake('body_too_large', `A command has at most ${bytesMax} bytes.`);
  }
  const fields = value !== null && isUtf8(value) ? readObject(value) : null;
  if (fields === null) return mistake('not_json', 'The command is no JSON object. Send one.');
  const { command, ...others } = fields;
  const name = nativeCallNames.find((one) => one === command);
  return name === undefined
    ? mistake('request_invalid', `This must be one of ${nativeCallNames.join(', ')}.`, '/command')
    : ok({ name, fields: others, key: keyOf(record) });
}

function readObject(value: Buffer): Readonly<Record<string, unknown>> | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return null;
  }
  const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  return isObject ? (parsed as Readonly<Record<string, unknown>>) : null;
}

function mistake(
  code: NativeMistake['code'],
  detail: string,
  pointer?: string,
): Result<never, NativeMistake> {
  return { ok: false, error: { code, detail, ...(pointer === undefined ? {} : { pointer }) } };
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
export function orderOf(
  record: KafkaRecord,
  command: Result<NativeCommand, NativeMistake>,
): string {
  if (record.key !== null) return orderOfKey(record.key);
  const { id, recipient } = command.ok ? command.value.fields : {};
  const subject = [id, recipient].find((one) => typeof one === 'string');
  return subject === undefined ? `partition ${record.partition}` : `subject ${subject}`;
}
