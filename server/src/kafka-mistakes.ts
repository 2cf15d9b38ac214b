import type { KafkaValues } from './kafka-settings.ts';

/** What the operator has set, or may set, for a setting. */
type NameOf = (key: keyof KafkaValues) => string;

/** What is wrong with the settings of Kafka together; each alone was read before. */
export function kafkaMistakes(
  values: KafkaValues,
  isProduction: boolean,
  nameOf: NameOf,
): readonly string[] {
  if (values.kafkaBrokers === null) return withoutBrokers(values, nameOf);
  const mistakes: string[] = [];
  if (isProduction && values.kafkaApplication === null) {
    mistakes.push(
      'WATCHWORD_KAFKA_APPLICATION is not set, and commands from Kafka belong to one ' +
        'application. Set it to an id that `watchword application list` shows.',
    );
  }
  return [...mistakes, ...securityMistakes(values, nameOf), ...topicMistakes(values, nameOf)];
}

/** The login, and TLS: what is set goes with the protocol. */
function securityMistakes(values: KafkaValues, nameOf: NameOf): readonly string[] {
  const { kafkaSecurityProtocol: protocol, kafkaUser, kafkaPassword, kafkaCaFile } = values;
  const mistakes: string[] = [];
  const hasLogin = protocol.startsWith('SASL_');
  if (hasLogin && (kafkaUser === null || kafkaPassword === null)) {
    mistakes.push(
      `The protocol ${protocol} has a login. Set ${nameOf('kafkaUser')} and ` +
        `${nameOf('kafkaPassword')}.`,
    );
  }
  if (!hasLogin && (kafkaUser !== null || kafkaPassword !== null)) {
    mistakes.push(
      `A user or a password is set, and the protocol ${protocol} has no login. Set ` +
        `${nameOf('kafkaSecurityProtocol')} to SASL_SSL or SASL_PLAINTEXT, or take them out.`,
    );
  }
  if (kafkaCaFile !== null && !protocol.endsWith('SSL')) {
    mistakes.push(
      `${nameOf('kafkaCaFile')} is for TLS, and the protocol ${protocol} has none. Set ` +
        `${nameOf('kafkaSecurityProtocol')} to SSL or SASL_SSL, or take it out.`,
    );
  }
  return mistakes;
}

/** What is written may share a topic; one that commands are read from holds nothing else. */
function topicMistakes(values: KafkaValues, nameOf: NameOf): readonly string[] {
  const { read, written } = topicKeys(values);
  const mistakes: string[] = [];
  for (const [at, key] of read.entries()) {
    const name = values[key];
    const other = [...read.slice(at + 1), ...written].find((one) => values[one] === name);
    if (name === null || other === undefined) continue;
    mistakes.push(
      `${nameOf(key)} and ${nameOf(other)} are the same topic, ${name}. Commands are read from ` +
        'it, and whatever else is in it would be read as one: give each a topic of its own.',
    );
  }
  return mistakes;
}

function topicKeys(
  values: KafkaValues,
): Readonly<Record<'read' | 'written', (keyof KafkaValues)[]>> {
  const read: (keyof KafkaValues)[] = [];
  const written: (keyof KafkaValues)[] = [
    ...(['kafkaTopicDeadLetter', 'kafkaTopicEvents', 'kafkaFlowxExternalOut'] as const),
  ];
  if (values.kafkaTopicCommands !== null) {
    read.push('kafkaTopicCommands');
    written.push('kafkaTopicReplies');
  }
  if (values.kafkaFlowxEnabled) {
    read.push('kafkaFlowxGenerateIn', 'kafkaFlowxValidateIn', 'kafkaFlowxNotificationIn');
    written.push('kafkaFlowxGenerateOut', 'kafkaFlowxValidateOut', 'kafkaFlowxNotificationOut');
  }
  return { read, written };
}

/** What is meant for Kafka, and does nothing while it is off. */
function withoutBrokers(values: KafkaValues, nameOf: NameOf): readonly string[] {
  const asking = (['kafkaTopicCommands', 'kafkaTopicEvents'] as const).filter(
    (key) => values[key] !== null,
  );
  if (asking.length === 0) return [];
  return [
    `${nameOf('kafkaBrokers')} is not set, so Kafka is off; ${asking.map(nameOf).join(' and ')} ` +
      'cannot do without. Set the brokers, or take that out.',
  ];
}
