/** What the Kafka door is told at its start; `kafka-settings.ts` beside `config.ts` reads it. */
export interface KafkaSettings {
  /** host:port of some brokers; the others are learned from them. */
  readonly brokers: readonly string[];
  readonly group: string;
  /** A node that died holds its partitions for so long; one that is only busy is not silent. */
  readonly sessionTimeoutSeconds: number;
  readonly securityProtocol: SecurityProtocol;
  readonly saslMechanism: SaslMechanism;
  /** Null where the protocol has no SASL. */
  readonly login: { readonly user: string; readonly password: string } | null;
  /** A file of PEM certificates; null trusts the authorities of Node. */
  readonly caFile: string | null;
  /** How many commands are carried out at once. */
  readonly parallelMax: number;
  /** How often a command that failed for a fault of ours is tried again, and after how long. */
  readonly retries: number;
  readonly retryIntervalMs: number;
  /** The wait after a broker has refused the credentials or the access to a topic. */
  readonly refusedWaitSeconds: number;
  /** A longer value is answered, but not read. */
  readonly messageBytesMax: number;
  /** A command that is older sends nothing; null where none is too old. */
  readonly commandAgeSecondsMax: number | null;
  readonly deadLetterTopic: string;
  /** Null where nobody is told of events. */
  readonly eventTopic: string | null;
  readonly commands: NativeSettings;
  readonly flowx: FlowxSettings;
}

export interface NativeSettings {
  /** Null where no native commands are taken. */
  readonly in: string | null;
  readonly out: string;
}

export type SecurityProtocol = (typeof securityProtocols)[number];
export type SaslMechanism = (typeof saslMechanisms)[number];

/** In the words of Kafka's own clients. */
export const securityProtocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

export interface FlowxSettings {
  /** Whether its topics are read at all. */
  readonly isOn: boolean;
  readonly generateIn: string;
  readonly generateOut: string;
  readonly validateIn: string;
  readonly validateOut: string;
  readonly notificationIn: string;
  readonly notificationOut: string;
  /** Where SMS are forwarded to; null where none are. */
  readonly externalOut: string | null;
  readonly codeLength: number;
  readonly lifetimeSeconds: number;
}
