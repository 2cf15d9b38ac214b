import type { Channel } from '../operations.ts';
import { budgetOfDay, limitsOfRecipient, noSuchCall, shown } from './door.ts';
import { template } from './flowx-clients.ts';
import type { TopicDoor } from './topic-door.ts';

/** Every process of the tests has this number, which their records have in a header. */
const processInstanceId = 7;

const channels: Readonly<Partial<Record<Channel, string>>> = { sms: 'SMS', email: 'MAIL' };

/** Whatever stands against a guess is one word. */
const notValid = [
  ...['verification_not_found', 'wrong_code', 'expired', 'too_many_checks', 'already_used'],
  'canceled',
];

export const flowx: TopicDoor = {
  name: 'flowx',
  command(operation) {
    const headers = [['processInstanceId', String(processInstanceId)]] as const;
    switch (operation.kind) {
      case 'start': {
        const { client: clientId = '', recipient, destinations } = operation;
        const channel = channels[destinations[0]?.channel ?? 'sms'];
        const told = { contentParams: { mark: clientId } };
        const words = { templateName: template.name, channel, language: 'en', ...told };
        const value = { ...words, clientId, recipient };
        return { topic: 'generate', key: clientId, headers, value };
      }
      case 'client-check': {
        const { client: clientId, code: otp } = operation;
        const value = { clientId, channel: channels[operation.channel], otp };
        return { topic: 'validate', key: clientId, headers, value };
      }
      default:
        throw noSuchCall(operation);
    }
  },
  read(operation, reply) {
    const { clientId, otpSent, otpValid, error } = JSON.parse(reply);
    const isStart = operation.kind === 'start';
    const client = 'client' in operation ? operation.client : undefined;
    const expected = { processInstanceId, clientId: client, channel: JSON.parse(reply).channel };
    const whole = isStart ? { ...expected, otpSent, error } : { ...expected, otpValid };
    const isRight = isStart ? otpSent === (error === null) : typeof otpValid === 'boolean';
    if (!isRight || reply !== JSON.stringify(whole) || clientId !== client) {
      throw new Error(`FlowX.AI's ${operation.kind} is answered with ${reply}`);
    }
    const word = isStart ? `sent ${otpSent}` : `valid ${otpValid}`;
    const refused = isStart ? [...limitsOfRecipient, budgetOfDay] : notValid;
    const done = isStart ? 'done' : 'approved';
    return {
      ...{ status: 200, text: reply, isReplayed: false, retryAfterSeconds: null, body: {} },
      shown: shown(word, { outcomes: otpSent || otpValid ? [done] : refused }),
    };
  },
};
