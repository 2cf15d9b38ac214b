/** The topics of the benchmark, and what is written to them and read from them. */
import type { KafkaShape } from '../load/protocol.ts';
import type { Environment } from '../systems/watchword.ts';

export const topics = {
  generateIn: 'bench.generate.in',
  generateOut: 'bench.generate.out',
  validateIn: 'bench.validate.in',
  validateOut: 'bench.validate.out',
  notificationIn: 'bench.notification.in',
  notificationOut: 'bench.notification.out',
  commands: 'bench.commands',
  replies: 'bench.replies',
  aloneIn: 'bench.alone.in',
  aloneOut: 'bench.alone.out',
  togetherIn: 'bench.together.in',
  togetherOut: 'bench.together.out',
} as const;

export const templateName = 'otpSms';

/** In FlowX.AI's own names where it has them; everything else is as it is by default. */
export function environmentOf(brokers: string, applicationId: string): Environment {
  return {
    SPRING_KAFKA_BOOTSTRAP_SERVERS: brokers,
    WATCHWORD_KAFKA_APPLICATION: applicationId,
    KAFKA_TOPIC_OTP_GENERATE_IN: topics.generateIn,
    KAFKA_TOPIC_OTP_GENERATE_OUT: topics.generateOut,
    KAFKA_TOPIC_OTP_VALIDATE_IN: topics.validateIn,
    KAFKA_TOPIC_OTP_VALIDATE_OUT: topics.validateOut,
    KAFKA_TOPIC_NOTIFICATION_INTERNAL_IN: topics.notificationIn,
    KAFKA_TOPIC_NOTIFICATION_INTERNAL_OUT: topics.notificationOut,
    WATCHWORD_KAFKA_TOPIC_COMMANDS: topics.commands,
    WATCHWORD_KAFKA_TOPIC_REPLIES: topics.replies,
  };
}

const message = { numberAfter: '"to":"+', codeAfter: '"code":"' } as const;

const generate =
  `{"templateName":"${templateName}","channel":"SMS","language":"en-US",` +
  '"clientId":"{{number}}","recipient":"+{{number}}","contentParams":{"clientId":"{{number}}"}}';

export function flowxShape(brokers: string): KafkaShape {
  return {
    brokers,
    start: {
      topic: topics.generateIn,
      replyTopic: topics.generateOut,
      value: generate,
      contains: '"otpSent":true',
    },
    idAfter: null,
    check: {
      topic: topics.validateIn,
      replyTopic: topics.validateOut,
      value: '{"clientId":"{{number}}","channel":"SMS","otp":"{{code}}"}',
      contains: '"otpValid":true',
    },
    message,
    isEcho: false,
  };
}

export function nativeShape(brokers: string): KafkaShape {
  const { commands: topic, replies: replyTopic } = topics;
  return {
    brokers,
    start: {
      topic,
      replyTopic,
      value: '{"command":"start","recipient":"+{{number}}"}',
      contains: '"status":"pending"',
    },
    idAfter: '"id":"',
    check: {
      topic,
      replyTopic,
      value: '{"command":"check","id":"{{id}}","code":"{{code}}"}',
      contains: '"approved":true',
    },
    message,
    isEcho: false,
  };
}

/** It is given what generate is given. */
export function echoShape(brokers: string, topic: string, replyTopic: string): KafkaShape {
  const echo = { topic, replyTopic, value: generate, contains: '"recipient":"+{{number}}"' };
  return { brokers, start: echo, idAfter: null, check: echo, message, isEcho: true };
}
