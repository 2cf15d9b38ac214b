import assert from 'node:assert/strict';
import test from 'node:test';
import { type Config, type Environment, readConfig } from '#src/config.ts';
import { kafkaSettingsOf } from '#src/kafka-settings.ts';

const brokers = { WATCHWORD_KAFKA_BROKERS: 'one:9092, two.example.com:9093' };

function configOf(environment: Environment): Config {
  const reading = readConfig(environment, 'dev');
  assert.ok(reading.ok, reading.ok ? '' : reading.error.join('\n'));
  return reading.value;
}

function mistakesOf(environment: Environment, mode: 'dev' | 'serve' = 'dev'): string {
  const reading = readConfig(environment, mode);
  return reading.ok ? '' : reading.error.join('\n');
}

test('without brokers Kafka is off', () => {
  assert.equal(kafkaSettingsOf(configOf({})), null);
  assert.deepEqual(kafkaSettingsOf(configOf(brokers))?.brokers, [
    'one:9092',
    'two.example.com:9093',
  ]);
});

/** What an operator of the vendor's plugin has set, and what it is here. */
const vendorNames = [
  ['SPRING_KAFKA_BOOTSTRAP_SERVERS', 'kafka:9092', { kafkaBrokers: ['kafka:9092'] }],
  ['SPRING_KAFKA_CONSUMER_GROUP_ID', 'notification', { kafkaGroup: 'notification' }],
  ['KAFKA_CONSUMER_THREADS', '3', { kafkaParallelMax: 3 }],
  ['KAFKA_CONSUMER_ERROR_HANDLING_ENABLED', 'false', { kafkaErrorHandlingEnabled: false }],
  ['KAFKA_CONSUMER_ERROR_HANDLING_RETRIES', '5', { kafkaRetries: 5 }],
  ['KAFKA_CONSUMER_ERROR_HANDLING_RETRY_INTERVAL', '200', { kafkaRetryIntervalMs: 200 }],
  ['KAFKA_AUTH_EXCEPTION_RETRY_INTERVAL', '30', { kafkaRefusedWaitSeconds: 30 }],
  ['KAFKA_MESSAGE_MAX_BYTES', '52428800', { kafkaMessageBytesMax: 52_428_800 }],
  ['KAFKA_TOPIC_OTP_GENERATE_IN', 'g.in', { kafkaFlowxGenerateIn: 'g.in' }],
  ['KAFKA_TOPIC_OTP_GENERATE_OUT', 'g.out', { kafkaFlowxGenerateOut: 'g.out' }],
  ['KAFKA_TOPIC_OTP_VALIDATE_IN', 'v.in', { kafkaFlowxValidateIn: 'v.in' }],
  ['KAFKA_TOPIC_OTP_VALIDATE_OUT', 'v.out', { kafkaFlowxValidateOut: 'v.out' }],
  ['KAFKA_TOPIC_NOTIFICATION_INTERNAL_IN', 'n.in', { kafkaFlowxNotificationIn: 'n.in' }],
  ['KAFKA_TOPIC_NOTIFICATION_INTERNAL_OUT', 'n.out', { kafkaFlowxNotificationOut: 'n.out' }],
  ['KAFKA_TOPIC_NOTIFICATION_EXTERNAL_OUT', 'n.ext', { kafkaFlowxExternalOut: 'n.ext' }],
  ['FLOWX_OTP_LENGTH', '6', { kafkaFlowxCodeLength: 6 }],
  ['FLOWX_OTP_EXPIRE_TIME_IN_SECONDS', '120', { kafkaFlowxLifetimeSeconds: 120 }],
  ['FLOWX_OTP_EXPIRETIMEINSECONDS', '121', { kafkaFlowxLifetimeSeconds: 121 }],
] as const;

for (const [name, value, meaning] of vendorNames) {
  test(`${name} means here what it means to the vendor's plugin`, () => {
    const config: Readonly<Record<string, unknown>> = configOf({ [name]: value });
    for (const [key, expected] of Object.entries(meaning)) assert.deepEqual(config[key], expected);
  });
}

test('our own variable goes before the vendor’s, and a mistake names the one that was read', () => {
  const both = { WATCHWORD_KAFKA_FLOWX_CODE_LENGTH: '8', FLOWX_OTP_LENGTH: '6' };
  assert.equal(configOf(both).kafkaFlowxCodeLength, 8);
  assert.match(mistakesOf({ FLOWX_OTP_LENGTH: '60' }), /^FLOWX_OTP_LENGTH must be .* 4 to 10/);
});

test('retries are none where the vendor’s error handling is switched off', () => {
  const off = { ...brokers, KAFKA_CONSUMER_ERROR_HANDLING_ENABLED: 'false' };
  assert.equal(kafkaSettingsOf(configOf(off))?.retries, 0);
});

const mistaken = [
  [{ WATCHWORD_KAFKA_BROKERS: 'kafka' }, /WATCHWORD_KAFKA_BROKERS must be host:port/],
  [{ WATCHWORD_KAFKA_GROUP: 'a group' }, /must be 1 to 200 visible ASCII/],
  [{ WATCHWORD_KAFKA_FLOWX_GENERATE_IN: 'a topic' }, /must be 1 to 249 letters/],
  [{ ...brokers, WATCHWORD_KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' }, /Set WATCHWORD_KAFKA_USER/],
  [{ ...brokers, WATCHWORD_KAFKA_USER: 'bob' }, /the protocol PLAINTEXT has no login/],
  [{ ...brokers, WATCHWORD_KAFKA_CA_FILE: 'ca.pem' }, /WATCHWORD_KAFKA_CA_FILE is for TLS/],
  [
    { WATCHWORD_KAFKA_TOPIC_COMMANDS: 'c' },
    /so Kafka is off; WATCHWORD_KAFKA_TOPIC_COMMANDS cannot/,
  ],
  [
    { ...brokers, KAFKA_TOPIC_OTP_GENERATE_IN: 'same', WATCHWORD_KAFKA_FLOWX_VALIDATE_OUT: 'same' },
    /^KAFKA_TOPIC_OTP_GENERATE_IN and WATCHWORD_KAFKA_FLOWX_VALIDATE_OUT are the same topic, same/,
  ],
  [
    { ...brokers, KAFKA_TOPIC_OTP_GENERATE_IN: 'same', KAFKA_TOPIC_OTP_VALIDATE_IN: 'same' },
    /^KAFKA_TOPIC_OTP_GENERATE_IN and KAFKA_TOPIC_OTP_VALIDATE_IN are the same topic, same/,
  ],
  [
    { ...brokers, WATCHWORD_KAFKA_TOPIC_COMMANDS: 'watchword.replies.v1' },
    /^WATCHWORD_KAFKA_TOPIC_COMMANDS and WATCHWORD_KAFKA_TOPIC_REPLIES are the same topic/,
  ],
] as const;

for (const [environment, sentence] of mistaken) {
  test(`a mistake is told: ${sentence.source}`, () => {
    assert.match(mistakesOf(environment), sentence);
  });
}

const allowed: readonly Environment[] = [
  { KAFKA_TOPIC_OTP_GENERATE_OUT: 'same', KAFKA_TOPIC_OTP_VALIDATE_OUT: 'same' },
  { KAFKA_TOPIC_OTP_GENERATE_OUT: 'same', WATCHWORD_KAFKA_TOPIC_REPLIES: 'same' },
  {
    WATCHWORD_KAFKA_FLOWX_ENABLED: 'false',
    WATCHWORD_KAFKA_TOPIC_COMMANDS: 'same',
    KAFKA_TOPIC_OTP_GENERATE_OUT: 'same',
  },
  // Without commands of ours there are no replies to them.
  { KAFKA_TOPIC_OTP_GENERATE_IN: 'same', WATCHWORD_KAFKA_TOPIC_REPLIES: 'same' },
];

for (const environment of allowed) {
  const names = Object.keys(environment).join(' and ');
  test(`a topic that nothing is read from may be named twice: ${names}`, () => {
    assert.equal(mistakesOf({ ...brokers, ...environment }), '');
  });
}

test('production has to be told whose commands they are', () => {
  assert.match(mistakesOf(brokers, 'serve'), /WATCHWORD_KAFKA_APPLICATION is not set/);
  assert.doesNotMatch(mistakesOf({}, 'serve'), /KAFKA/);
});
