/**
 * Writes replies, each once, also where a request is refused in part. One request at a time is
 * under way for a topic, with everything that came in the same turn of the event loop, or while the
 * last one was: sequence numbers of the idempotent producer then never arrive out of order, and
 * many replies cost one round trip.
 */
import { setImmediate as endOfTurn, setTimeout as pause } from 'node:timers/promises';
import { bytesOf, type OutgoingRecord } from './record.ts';
import { type KafkaTrouble, readTrouble } from './trouble.ts';

export interface Sender {
  /**
   * Resolves once the record is durable, however long the broker is away. Rejects with
   * `KafkaTrouble` where the broker refuses this very record, or has no topic for an optional one;
   * and where the sender is closed before.
   */
  send(record: OutgoingRecord, isOptional?: boolean): Promise<void>;
  /** Rejects what is still waiting. */
  close(): void;
}

export interface SenderParts {
  readonly produce: (records: readonly OutgoingRecord[]) => Promise<void>;
  readonly ensureTopic: (topic: string) => Promise<void>;
  /** Told once when records of a topic begin to wait, and with null when none does any more. */
  readonly waiting: (topic: string, trouble: KafkaTrouble | null) => void;
  readonly retryWaitMs: number;
}

interface Waiting {
  readonly record: OutgoingRecord;
  readonly bytes: number;
  readonly isOptional: boolean;
  isAlone: boolean;
  readonly settle: PromiseWithResolvers<void>;
}

/** Half of what a broker takes in one request by default. */
const batchBytesMax = 512 * 1024;
/** A large record goes alone: one that is refused for its size takes no other with it. */
const aloneBytesMin = 64 * 1024;
const batchRecordsMax = 1_000;

export function createSender(parts: SenderParts): Sender {
  const queues = new Map<string, Waiting[]>();
  const knownTopics = new Set<string>();
  const closing = new AbortController();

  async function write(topic: string, queue: Waiting[]): Promise<void> {
    let isTold = false;
    const tell = (trouble: KafkaTrouble | null): void => {
      if (isTold === (trouble !== null)) return;
      isTold = trouble !== null;
      parts.waiting(topic, trouble);
    };
    // One commit of the storage answers many commands in one turn.
    await endOfTurn();
    while (queue.length > 0 && !closing.signal.aborted) {
      const batch = takeBatch(queue);
      try {
        if (!knownTopics.has(topic)) await parts.ensureTopic(topic);
        knownTopics.add(topic);
        await parts.produce(batch.map(({ record }) => record));
        for (const { settle } of batch) settle.resolve();
        tell(null);
      } catch (error) {
        const trouble = readTrouble(error);
        queue.unshift(...stillToWrite(batch, trouble));
        if (trouble.kind === 'record_refused') continue;
        knownTopics.delete(topic);
        if (queue.length > 0) tell(trouble);
        await pause(parts.retryWaitMs, undefined, { signal: closing.signal }).catch(() => {});
      }
    }
    tell(null);
    queues.delete(topic);
    for (const { settle } of queue) settle.reject(new Error('The sender is closed.'));
  }

  return {
    send(record, isOptional = false) {
      const settle = Promise.withResolvers<void>();
      if (closing.signal.aborted) {
        settle.reject(new Error('The sender is closed.'));
        return settle.promise;
      }
      const bytes = bytesOf(record);
      const waiting = { record, bytes, isOptional, isAlone: bytes >= aloneBytesMin, settle };
      const queue = queues.get(record.topic);
      if (queue !== undefined) {
        queue.push(waiting);
        return settle.promise;
      }
      const made = [waiting];
      queues.set(record.topic, made);
      void write(record.topic, made);
      return settle.promise;
    },
    close: () => closing.abort(),
  };
}

/** Settles what is written or refused for good; the rest is written again, alone if need be. */
function stillToWrite(tried: readonly Waiting[], trouble: KafkaTrouble): readonly Waiting[] {
  const batch = tried.filter(({ record, settle }) => {
    const isWritten = trouble.written.has(record);
    if (isWritten) settle.resolve();
    return !isWritten;
  });
  if (trouble.kind === 'record_refused') {
    if (batch.length === 1) {
      batch[0]?.settle.reject(trouble);
      return [];
    }
    // Which one it is shows when each goes alone.
    for (const waiting of batch) waiting.isAlone = true;
    return batch;
  }
  if (trouble.kind !== 'unknown_topic') return batch;
  for (const { isOptional, settle } of batch) if (isOptional) settle.reject(trouble);
  return batch.filter(({ isOptional }) => !isOptional);
}

function takeBatch(queue: Waiting[]): readonly Waiting[] {
  let count = 0;
  let bytes = 0;
  for (const waiting of queue) {
    const { isAlone } = waiting;
    if (count > 0 && (isAlone || bytes + waiting.bytes > batchBytesMax)) break;
    count += 1;
    bytes += waiting.bytes;
    if (isAlone || count === batchRecordsMax) break;
  }
  return queue.splice(0, count);
}
