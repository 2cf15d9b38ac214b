/**
 * A door whose calls are records of topics. It puts a call into a record and its reply into an
 * answer, and knows no rule, as every door of vendors does.
 */
import type { Asking, KafkaDoorName, ObservedAnswer } from '../operations.ts';

/** What topics are for; how they are called is the server's setting. */
export type CommandTopicName = 'generate' | 'validate' | 'commands';

export interface TopicCommand {
  readonly topic: CommandTopicName;
  /** Commands of one topic and key are carried out in their order. */
  readonly key: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly value: Readonly<Record<string, unknown>>;
}

export interface TopicDoor {
  readonly name: KafkaDoorName;
  /** Throws where the door has no such command. */
  command(operation: Asking, idOf: (verification: string) => string): TopicCommand;
  /** Throws where nobody expects such a reply. */
  read(operation: Asking, reply: string): ObservedAnswer;
}
