/**
 * Makes calls, by our API or through a vendor's door, and writes down what the client saw of them,
 * in the order in which it saw it.
 */
import type { Client, Request } from './client.ts';
import type { Vendors } from './doors/vendors.ts';

import {
  type Asking,
  type Call,
  isTopicDoor,
  type ObservedAnswer,
  type Operation,
  vendors as vendorNames,
} from './operations.ts';
import { channelFor, messageText } from './own-words.ts';
import type { Target } from './targets.ts';

export interface Recorder {
  /** Null when the line was cut before an answer came. */
  perform(operation: Operation, node: number): Promise<Call>;
  readonly calls: readonly Call[];
}

export function createRecorder(
  target: Target,
  client: Client,
  parts: { readonly idOf: (verification: string) => string; readonly vendors: Vendors },
): Recorder {
  const { idOf, vendors } = parts;
  const calls: Call[] = [];
  let events = 0;
  return {
    calls,
    async perform(operation, node) {
      const url = target.urls[node % target.urls.length] ?? '';
      const number = calls.length;
      const calledAs = events++;
      const asked: Call = { number, node, operation, calledAs, returnedAs: null, answer: null };
      calls.push(asked);
      try {
        const answer = isForTopics(operation)
          ? await askOverTopics(target, operation, idOf)
          : isForVendor(operation)
            ? await vendors.ask(url, operation, idOf)
            : await client.send(url, requestFor(operation, target, idOf));
        const call: Call = { ...asked, returnedAs: events++, answer };
        calls[number] = call;
        return call;
      } catch (error) {
        if (!target.isCut(node)) throw error;
        return asked;
      }
    },
  };
}

function isForTopics(operation: Operation): operation is Asking {
  return operation.kind !== 'advance-clock' && isTopicDoor(operation.door);
}

function askOverTopics(
  { topics }: Target,
  operation: Asking,
  idOf: (verification: string) => string,
): Promise<ObservedAnswer> {
  if (topics === null) throw new Error('This target has no topics.');
  return topics.ask(operation, idOf);
}

function isForVendor(operation: Operation): operation is Asking {
  return operation.kind !== 'advance-clock' && vendorNames.some((name) => name === operation.door);
}

function requestFor(
  operation: Operation,
  target: Target,
  idOf: (verification: string) => string,
): Request {
  if (operation.kind === 'advance-clock') {
    const body = { advanceSeconds: operation.seconds };
    return { method: 'POST', path: '/v1/sandbox/clock', apiKey: target.apiKeys.own, body };
  }
  const { key, application } = operation;
  const asked = { method: 'POST', apiKey: target.apiKeys[application], key } as const;
  switch (operation.kind) {
    case 'start': {
      const { recipient, purpose, customCode, checksMax, lifetimeSeconds, reference } = operation;
      const text = messageText;
      const channels = operation.destinations.map((one) => channelFor(one, recipient));
      const fields = { recipient, purpose, channels, text, customCode, checksMax, lifetimeSeconds };
      return { ...asked, path: '/v1/verifications', body: { ...fields, reference } };
    }
    case 'recipient-check': {
      const { recipient, purpose, code } = operation;
      return { ...asked, path: '/v1/checks', body: { recipient, purpose, code } };
    }
    case 'check': {
      const path = `/verifications/${idOf(operation.verification)}/check`;
      const { code, door } = operation;
      return door === 'api'
        ? { ...asked, path: `/v1${path}`, body: { code } }
        : { ...asked, path: `/phone${path}`, body: { code }, isPage: true };
    }
    case 'resend': {
      const path = `/v1/verifications/${idOf(operation.verification)}/resend`;
      const { destination } = operation;
      return { ...asked, path, body: destination === null ? {} : { channel: destination.channel } };
    }
    case 'cancel':
      return { ...asked, path: `/v1/verifications/${idOf(operation.verification)}/cancel` };
    case 'recipient-resend':
    case 'client-check':
      throw new Error(`Our API has no call for ${operation.kind}.`);
    default:
      return operation satisfies never;
  }
}
