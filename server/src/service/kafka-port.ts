/** Whether the brokers of Kafka are there, as `/readyz` tells it. Nothing in it is a secret. */
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
