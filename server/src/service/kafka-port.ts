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
  /** Topics that commands should come from, and that the brokers do not have. */
  readonly missingTopics: readonly string[];
}

export type KafkaStatus = 'connecting' | 'connected' | 'disconnected';
