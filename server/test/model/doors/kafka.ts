import type { ObservedBody } from '../operations.ts';
import { channelFor, messageText } from '../own-words.ts';
import { noSuchCall } from './door.ts';
import type { TopicDoor } from './topic-door.ts';

interface Reply {
  readonly ok: boolean;
  readonly verification?: ObservedBody;
  readonly approved?: boolean;
  readonly reason?: string | null;
  readonly proof?: string;
  readonly error?: ObservedBody & { readonly code: string; readonly retryAfterSeconds?: number };
}

/** A reply has the code of an error, and not the status that stands beside it over HTTP. */
const statuses: Readonly<Record<string, number>> = {
  verification_not_found: 404,
  verification_exists: 409,
  verification_finished: 409,
  code_invalid: 422,
  idempotency_key_reused: 422,
  limit_reached: 429,
  budget_exhausted: 429,
};

/** Our own commands, in the words of `/v1`. */
export const kafka: TopicDoor = {
  name: 'kafka',
  command(operation, idOf) {
    const headers = operation.key === null ? [] : ([['Idempotency-Key', operation.key]] as const);
    const command = { topic: 'commands', headers } as const;
    switch (operation.kind) {
      case 'start': {
        const { recipient, purpose, customCode, checksMax, lifetimeSeconds } = operation;
        const { reference, destinations } = operation;
        const channels = destinations.map((one) => channelFor(one, recipient));
        const words = { purpose, customCode, checksMax, lifetimeSeconds, reference, channels };
        const value = { command: 'start', recipient, text: messageText, ...words };
        return { ...command, key: recipient, value };
      }
      case 'check': {
        const id = idOf(operation.verification);
        return { ...command, key: id, value: { command: 'check', id, code: operation.code } };
      }
      case 'recipient-check': {
        const { recipient, purpose, code } = operation;
        return {
          ...command,
          key: recipient,
          value: { command: 'check', recipient, purpose, code },
        };
      }
      case 'resend': {
        const id = idOf(operation.verification);
        const channel = operation.destination?.channel;
        return { ...command, key: id, value: { command: 'resend', id, channel } };
      }
      case 'cancel': {
        const id = idOf(operation.verification);
        return { ...command, key: id, value: { command: 'cancel', id } };
      }
      default:
        throw noSuchCall(operation);
    }
  },
  read(operation, text) {
    const reply: Reply = JSON.parse(text);
    const { ok, verification, error, ...verdict } = reply;
    const status = ok ? (operation.kind === 'start' ? 201 : 200) : statuses[error?.code ?? ''];
    if (status === undefined) throw new Error(`${operation.kind} is answered with ${text}`);
    const { retryAfterSeconds = null } = error ?? {};
    // Nothing says that a reply is a repetition.
    const isReplayed = operation.key === null ? false : null;
    const body = { ...verdict, ...verification, ...error };
    return { status, text, isReplayed, retryAfterSeconds, body };
  },
};
