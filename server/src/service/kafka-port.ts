/** What operators are told of Kafka. Nothing in it is a secret, or names a person. */
export interface KafkaView {
  state(): KafkaState;
  /** Since the process began. */
  commandCounts(): readonly KafkaCommandCount[];
}

/** Commands of one topic that came to the same end. */
export interface KafkaCommandCount {
  readonly topic: string;
  readonly outcome: KafkaCommandOutcome;
  readonly count: number;
}

export type KafkaCommandOutcome = 'answered' | 'dead_letter';

/** Whether the brokers of Kafka are there, as `/readyz` tells it. */
export interface KafkaState {
  readonly status: KafkaStatus;
  /** One sentence: what is wrong; null where nothing is. */
  readonly detail: string | null;
  /** In ms since 1970: since when it is so. */
  readonly sinceMs: number;
  /** Topics that commands should come from, and that the brokers do not have, or refuse. */
  readonly missingTopics: readonly string[];
}

export type KafkaStatus = 'connecting' | 'connected' | 'disconnected';

/** What is found of Kafka by looking alone. */
export type KafkaInspection =
  /** `detail` is a sentence, without a secret. */
  | { readonly kind: 'unreached'; readonly detail: string }
  | {
      readonly kind: 'reached';
      /** How many brokers there are, each reached at the address that it tells of itself. */
      readonly brokers: number;
      /** Whether a topic is made when it is first asked for; null where nobody may know. */
      readonly makesTopics: boolean | null;
      readonly topics: readonly InspectedTopic[];
    };

export interface InspectedTopic {
  readonly name: string;
  /** `messages` are events, and SMS that an adapter sends. */
  readonly use: 'commands' | 'replies' | 'dead_letters' | 'messages';
  /** The topic of the commands that replies answer. */
  readonly answers: string | null;
  readonly state: 'there' | 'missing' | 'refused';
}
