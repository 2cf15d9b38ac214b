import type { KafkaRecord, OutgoingRecord } from './record.ts';

/** A topic that commands come from, and how they are read; each kind of commands brings its own. */
export interface CommandTopic {
  readonly topic: string;
  /** The names of the fields that its commands have. */
  readonly fieldNames: readonly string[];
  /** Never throws: what cannot be read is a command too, which says so. */
  read(record: KafkaRecord): Command;
}

export interface Command {
  /** Commands of one topic with the same word are carried out one after the other. */
  readonly order: string;
  /**
   * Throws `StorageUnavailable`, `NoRoomToSend` or `NotNow` where the same will work later;
   * whatever else it throws is a fault of ours. Called again for the same record it does nothing
   * twice.
   */
  carryOut(): Promise<Outcome>;
  /** What is answered after the last try has failed for a fault of ours. */
  answerFault(): readonly OutgoingRecord[];
}

export interface Outcome {
  readonly replies: readonly OutgoingRecord[];
  /** Why it goes to the dead letters; null where it does not. */
  readonly deadLetter: DeadLetterReason | null;
}

export type DeadLetterReason =
  /** It is no command, and nobody to answer is named in it. */
  | 'unreadable'
  /** It failed for a fault of ours as often as it was to be tried. */
  | 'failed'
  /** Its reply cannot be written: the broker refuses it as too large. */
  | 'unanswerable';

/** The same will work a little later; it is tried again without end. */
export class NotNow extends Error {
  override readonly name = 'NotNow';
}

interface Refused {
  readonly ok: false;
  readonly error: { readonly code: string; readonly detail: string };
}

/**
 * What a verb answered under the key of a command. While the key is in use another node is at the
 * command, or was when it died: soon there is an answer.
 */
export function settled<Answer extends { readonly ok: true } | Refused>(answer: Answer): Answer {
  if (!answer.ok && answer.error.code === 'idempotency_key_in_use') {
    throw new NotNow(answer.error.detail);
  }
  return answer;
}
