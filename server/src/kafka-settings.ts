/**
 * The settings of Kafka, a part of the table in `config.ts`. Those that FlowX.AI's notifications
 * plugin has too are read from its variables as well, so that a deployment keeps its own.
 */
import { codeLengthMax, codeLengthMin } from '#domain/code.ts';
import { ok } from '#domain/refusal.ts';
import {
  type KafkaSettings,
  type SaslMechanism,
  type SecurityProtocol,
  saslMechanisms,
  securityProtocols,
} from '#kafka/settings.ts';
import { optional, setting } from './setting.ts';
import { mustBe, oneOf, type Reader, text, textList, wholeNumber } from './setting-readers.ts';

const brokersMax = 50;

const brokers: Reader<readonly string[] | null> = (raw) => {
  const entries = textList(brokersMax)(raw);
  const isList =
    entries.ok &&
    entries.value.length > 0 &&
    entries.value.every((entry) => /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/.test(entry));
  return isList ? entries : mustBe('host:port, or several of them separated by commas');
};

/** As Kafka's brokers take one. */
const topic: Reader<string> = (raw) =>
  typeof raw === 'string' && /^[A-Za-z0-9._-]{1,249}$/.test(raw) && !/^\.{1,2}$/.test(raw)
    ? ok(raw)
    : mustBe('1 to 249 letters, digits, dots, underscores or dashes');

/** The library takes no blanks. */
function word(lengthMax: number): Reader<string> {
  return (raw) =>
    typeof raw === 'string' && raw.length <= lengthMax && /^[\x21-\x7e]+$/.test(raw)
      ? ok(raw)
      : mustBe(`1 to ${lengthMax} visible ASCII characters without blanks`);
}

const truth: Reader<boolean> = (raw) => {
  if (raw === true || raw === 'true') return ok(true);
  return raw === false || raw === 'false' ? ok(false) : mustBe('true or false');
};

/** A password may have blanks at its ends, which are part of it. */
const password: Reader<string | null> = (raw) =>
  typeof raw === 'string' && /^[^\p{Cc}]{1,1000}$/u.test(raw)
    ? ok(raw)
    : mustBe('a text of 1 to 1000 characters on one line');

export const kafkaSettings = {
  kafkaBrokers: setting<readonly string[] | null>({
    read: brokers,
    default: null,
    alsoReadAs: ['SPRING_KAFKA_BOOTSTRAP_SERVERS'],
    purpose: 'The brokers of Apache Kafka to take commands from; Kafka is off without them.',
  }),
  kafkaApplication: setting({
    read: optional(text(64)),
    default: null,
    purpose: 'The id of the application that commands from Kafka belong to.',
  }),
  kafkaGroup: setting({
    read: word(200),
    default: 'watchword',
    alsoReadAs: ['SPRING_KAFKA_CONSUMER_GROUP_ID'],
    purpose: 'The consumer group that all nodes are members of.',
  }),
  kafkaSessionTimeoutSeconds: setting({
    read: wholeNumber(1, 300),
    default: 10,
    purpose: 'How long the group waits for a node that is silent, before others take over.',
  }),
  kafkaSecurityProtocol: setting<SecurityProtocol>({
    read: oneOf(securityProtocols),
    default: 'PLAINTEXT',
    alsoReadAs: ['SPRING_KAFKA_SECURITY_PROTOCOL'],
    purpose: 'How the brokers are spoken to: whether with TLS, and whether with a login.',
  }),
  kafkaSaslMechanism: setting<SaslMechanism>({
    read: oneOf(saslMechanisms),
    default: 'SCRAM-SHA-512',
    alsoReadAs: ['SPRING_KAFKA_PROPERTIES_SASL_MECHANISM'],
    purpose: 'How the login proves itself, where the protocol has one.',
  }),
  kafkaUser: setting({
    read: optional(text(1_000)),
    default: null,
    purpose: 'The user of the login.',
  }),
  kafkaPassword: setting({
    read: password,
    default: null,
    isSecret: true,
    purpose: 'The password of the login.',
  }),
  kafkaCaFile: setting({
    read: optional(text(1_000)),
    default: null,
    purpose: 'The file of the authority that signed the certificates of the brokers.',
  }),
  kafkaParallelMax: setting({
    read: wholeNumber(1, 1_000),
    default: 64,
    alsoReadAs: ['KAFKA_CONSUMER_THREADS'],
    purpose: 'How many commands of a topic, with different keys, a node carries out at once.',
  }),
  kafkaErrorHandlingEnabled: setting({
    read: truth,
    default: true,
    alsoReadAs: ['KAFKA_CONSUMER_ERROR_HANDLING_ENABLED'],
    purpose: 'Whether a command that fails for a fault of the server is tried again.',
  }),
  kafkaRetries: setting({
    read: wholeNumber(0, 100),
    default: 3,
    alsoReadAs: ['KAFKA_CONSUMER_ERROR_HANDLING_RETRIES'],
    purpose: 'How often it is tried again before it goes to the dead letters.',
  }),
  kafkaRetryIntervalMs: setting({
    read: wholeNumber(1, 600_000),
    default: 1_000,
    alsoReadAs: ['KAFKA_CONSUMER_ERROR_HANDLING_RETRY_INTERVAL'],
    purpose: 'The wait before each of these tries, in milliseconds.',
  }),
  kafkaRefusedWaitSeconds: setting({
    read: wholeNumber(1, 3_600),
    default: 10,
    alsoReadAs: ['KAFKA_AUTH_EXCEPTION_RETRY_INTERVAL'],
    purpose: 'The wait before trying again after a broker has refused the login.',
  }),
  kafkaMessageBytesMax: setting({
    read: wholeNumber(1_024, 64 * 1024 * 1024),
    default: 1024 * 1024,
    alsoReadAs: ['KAFKA_MESSAGE_MAX_BYTES'],
    purpose: 'The longest value that is read as a command, in bytes; a longer one is refused.',
  }),
  kafkaCommandAgeSecondsMax: setting({
    read: optional(wholeNumber(1, 7 * 86_400)),
    default: null,
    purpose: 'How old a command may be that sends something; an older one is refused.',
  }),
  kafkaTopicDeadLetter: setting({
    read: topic,
    default: 'watchword.dead-letter.v1',
    purpose: 'The topic that commands go to, without their contents, that cannot be carried out.',
  }),
  kafkaTopicCommands: setting<string | null>({
    read: topic,
    default: null,
    purpose: 'The topic of commands in the words of the HTTP API; none are taken without it.',
  }),
  kafkaTopicReplies: setting({
    read: topic,
    default: 'watchword.replies.v1',
    purpose: 'The topic of the replies to them.',
  }),
  kafkaTopicEvents: setting<string | null>({
    read: topic,
    default: null,
    purpose: 'The topic of what happens to verifications and messages; nothing is told without it.',
  }),
  kafkaFlowxEnabled: setting({
    read: truth,
    default: true,
    purpose: 'Whether commands of FlowX.AI’s processes are taken.',
  }),
  kafkaFlowxGenerateIn: setting({
    read: topic,
    default: 'ai.flowx.plugin.notification.trigger.generate.otp.v1',
    alsoReadAs: ['KAFKA_TOPIC_OTP_GENERATE_IN'],
    purpose: 'The topic of FlowX.AI’s commands to make and send a code.',
  }),
  kafkaFlowxGenerateOut: setting({
    read: topic,
    default: 'ai.flowx.engine.receive.plugin.notification.generate.otp.results.v1',
    alsoReadAs: ['KAFKA_TOPIC_OTP_GENERATE_OUT'],
    purpose: 'The topic of the replies to them.',
  }),
  kafkaFlowxValidateIn: setting({
    read: topic,
    default: 'ai.flowx.plugin.notification.trigger.validate.otp.v1',
    alsoReadAs: ['KAFKA_TOPIC_OTP_VALIDATE_IN'],
    purpose: 'The topic of FlowX.AI’s commands to check a code.',
  }),
  kafkaFlowxValidateOut: setting({
    read: topic,
    default: 'ai.flowx.engine.receive.plugin.notification.validate.otp.results.v1',
    alsoReadAs: ['KAFKA_TOPIC_OTP_VALIDATE_OUT'],
    purpose: 'The topic of the verdicts.',
  }),
  kafkaFlowxNotificationIn: setting({
    read: topic,
    default: 'ai.flowx.plugin.notification.trigger.send.notification.v1',
    alsoReadAs: ['KAFKA_TOPIC_NOTIFICATION_INTERNAL_IN'],
    purpose: 'The topic of FlowX.AI’s commands to send a message without a code.',
  }),
  kafkaFlowxNotificationOut: setting({
    read: topic,
    default: 'ai.flowx.engine.receive.plugin.notification.confirm.send.notification.v1',
    alsoReadAs: ['KAFKA_TOPIC_NOTIFICATION_INTERNAL_OUT'],
    purpose: 'The topic of what became of them.',
  }),
  kafkaFlowxExternalOut: setting<string | null>({
    read: topic,
    default: null,
    alsoReadAs: ['KAFKA_TOPIC_NOTIFICATION_EXTERNAL_OUT'],
    purpose: 'The topic that SMS are forwarded to, as one more provider; none are without it.',
  }),
  kafkaFlowxCodeLength: setting({
    read: wholeNumber(codeLengthMin, codeLengthMax),
    default: 4,
    alsoReadAs: ['FLOWX_OTP_LENGTH'],
    purpose: 'How many digits the codes of FlowX.AI’s processes have.',
  }),
  kafkaFlowxLifetimeSeconds: setting({
    read: wholeNumber(30, 86_400),
    default: 6_000,
    alsoReadAs: ['FLOWX_OTP_EXPIRETIMEINSECONDS', 'FLOWX_OTP_EXPIRE_TIME_IN_SECONDS'],
    purpose: 'How long these codes live.',
  }),
} as const;

/** What was read of each. */
export type KafkaValues = {
  readonly [Key in keyof typeof kafkaSettings]: (typeof kafkaSettings)[Key]['default'];
};

/** Whether the storage keeps what happens, for the events' topic. */
export function keepsEvents({
  kafkaBrokers,
  kafkaTopicEvents,
}: Pick<KafkaValues, 'kafkaBrokers' | 'kafkaTopicEvents'>): boolean {
  return kafkaBrokers !== null && kafkaTopicEvents !== null;
}

/** Null where Kafka is off. */
export function kafkaSettingsOf(values: KafkaValues): KafkaSettings | null {
  const { kafkaBrokers, kafkaUser, kafkaPassword, kafkaSecurityProtocol } = values;
  if (kafkaBrokers === null) return null;
  const hasLogin = kafkaSecurityProtocol.startsWith('SASL_');
  const login =
    hasLogin && kafkaUser !== null && kafkaPassword !== null
      ? { user: kafkaUser, password: kafkaPassword }
      : null;
  return {
    brokers: kafkaBrokers,
    group: values.kafkaGroup,
    sessionTimeoutSeconds: values.kafkaSessionTimeoutSeconds,
    securityProtocol: kafkaSecurityProtocol,
    saslMechanism: values.kafkaSaslMechanism,
    login,
    caFile: values.kafkaCaFile,
    parallelMax: values.kafkaParallelMax,
    retries: values.kafkaErrorHandlingEnabled ? values.kafkaRetries : 0,
    retryIntervalMs: values.kafkaRetryIntervalMs,
    refusedWaitSeconds: values.kafkaRefusedWaitSeconds,
    messageBytesMax: values.kafkaMessageBytesMax,
    commandAgeSecondsMax: values.kafkaCommandAgeSecondsMax,
    deadLetterTopic: values.kafkaTopicDeadLetter,
    eventTopic: values.kafkaTopicEvents,
    commands: { in: values.kafkaTopicCommands, out: values.kafkaTopicReplies },
    flowx: {
      isOn: values.kafkaFlowxEnabled,
      generateIn: values.kafkaFlowxGenerateIn,
      generateOut: values.kafkaFlowxGenerateOut,
      validateIn: values.kafkaFlowxValidateIn,
      validateOut: values.kafkaFlowxValidateOut,
      notificationIn: values.kafkaFlowxNotificationIn,
      notificationOut: values.kafkaFlowxNotificationOut,
      externalOut: values.kafkaFlowxExternalOut,
      codeLength: values.kafkaFlowxCodeLength,
      lifetimeSeconds: values.kafkaFlowxLifetimeSeconds,
    },
  };
}
