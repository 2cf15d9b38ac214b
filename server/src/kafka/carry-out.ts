import { setTimeout as pause } from 'node:timers/promises';
import type { KafkaCommandOutcome } from '#service/kafka-port.ts';
import type { Log } from '#service/log-port.ts';
import { StorageUnavailable } from '#service/ports.ts';
import { NoRoomToSend } from '#service/room-to-send.ts';
import { type Command, type DeadLetterReason, NotNow, type Outcome } from './command-topic.ts';
import { type DeadLetterRules, deadLetterFor, describe } from './dead-letter.ts';
import { type KafkaRecord, type OutgoingRecord, placeOf } from './record.ts';
import type { Sender } from './sender.ts';
import { readTrouble } from './trouble.ts';

export interface CarryOutParts {
  readonly sender: Sender;
  readonly deadLetters: DeadLetterRules;
  readonly retries: number;
  readonly retryIntervalMs: number;
  readonly log: Log;
  /** Aborted when the server stops: what is not done then is done by whoever has the group next. */
  readonly stopping: AbortSignal;
  /** Whether this node still has the partition; it is left to whoever has it otherwise. */
  readonly isOurs: () => boolean;
}

/** While storage is away, or a provider slow: soon at first, for most of it is a moment. */
const awayWaitMs = { min: 50, max: 2_000 };

/**
 * Carries a command out to its end: its effects and its replies are durable, or it lies with the
 * dead letters. Throws only when, before that, the server stops or another node gets the
 * partition.
 */
export async function carryOut(
  parts: CarryOutParts,
  record: KafkaRecord,
  command: Command,
): Promise<KafkaCommandOutcome> {
  const { replies, deadLetter } = await tryOften(parts, record, command);
  let reason: DeadLetterReason | null = deadLetter;
  for (const reply of replies) {
    if (!(await answer(parts, record, reply))) reason = 'unanswerable';
  }
  if (reason === null) return 'answered';
  await bury(parts, record, reason);
  return 'dead_letter';
}

/** Whether the broker took it, if need be without the command's headers: they have any size. */
async function answer(
  parts: CarryOutParts,
  record: KafkaRecord,
  reply: OutgoingRecord,
): Promise<boolean> {
  const plain = reply.headers.length === 0 ? [] : [{ ...reply, headers: [] }];
  for (const one of [reply, ...plain]) {
    try {
      await parts.sender.send(one);
      return true;
    } catch (error) {
      if (readTrouble(error).kind !== 'record_refused') throw error;
      const told = { err: error, ...placeOf(record), headers: one.headers.length };
      parts.log.error(told, 'the broker refused a reply');
    }
  }
  return false;
}

const later = [StorageUnavailable, NoRoomToSend, NotNow];

async function tryOften(
  parts: CarryOutParts,
  record: KafkaRecord,
  command: Command,
): Promise<Outcome> {
  let faults = 0;
  for (let waits = 0; ; ) {
    parts.stopping.throwIfAborted();
    if (!parts.isOurs()) throw new Error('Another node has the partition.');
    try {
      return await command.carryOut();
    } catch (error) {
      const isLater = later.some((kind) => error instanceof kind);
      const place = placeOf(record);
      if (isLater) {
        if (waits === 0) parts.log.warn({ err: error, ...place }, 'a command has to wait');
        const waitMs = Math.min(awayWaitMs.max, awayWaitMs.min * 2 ** Math.min(waits, 10));
        waits += 1;
        await pause(waitMs, undefined, { signal: parts.stopping });
        continue;
      }
      parts.log.error({ err: error, ...place, faults }, 'a command failed');
      if (faults >= parts.retries) return { replies: command.answerFault(), deadLetter: 'failed' };
      faults += 1;
      await pause(parts.retryIntervalMs, undefined, { signal: parts.stopping });
    }
  }
}

/** A dead letter that no topic takes is logged instead: it holds no more than a log line may. */
async function bury(
  parts: CarryOutParts,
  record: KafkaRecord,
  reason: DeadLetterReason,
): Promise<void> {
  const letter = deadLetterFor(record, reason, parts.deadLetters);
  parts.log.warn({ reason, ...placeOf(record) }, 'a command goes to the dead letters');
  try {
    await parts.sender.send(letter, true);
  } catch (error) {
    const { kind } = readTrouble(error);
    if (kind !== 'unknown_topic' && kind !== 'record_refused') throw error;
    parts.log.error(
      { reason, letter: describe(record, parts.deadLetters) },
      'no topic took a dead letter',
    );
  }
}
