/**
 * `KAFKA_TOPIC_NOTIFICATION_EXTERNAL_OUT`: SMS that an adapter behind a topic sends, as FlowX.AI's
 * plugin forwards them. The vendor documents no payload, so this one is ours. It holds the text,
 * the code in it: whoever may read the topic reads codes.
 *
 * A record is a message with a moment of its own: written at once or not at all, and tried again by
 * whoever sends messages, with the same identifier.
 */
import { maskRecipient } from '#domain/recipient.ts';
import type { OutgoingRecord } from '#kafka/record.ts';
import type { RecordProducer } from '#kafka/record-producer.ts';
import { readTrouble } from '#kafka/trouble.ts';
import type { OutboundMessage, Provider, SendOutcome } from '#service/provider-port.ts';

export interface ExternalProviderParts {
  readonly topic: string;
  /** Called when there is a first message: a start must not load Kafka's library for nothing. */
  readonly openProducer: () => Promise<RecordProducer>;
}

export const externalProviderName = 'kafka';
const concurrencyMax = 64;

export function createExternalProvider({ topic, openProducer }: ExternalProviderParts): Provider {
  let opened: Promise<RecordProducer> | null = null;
  let isClosed = false;

  function openOnce(): Promise<RecordProducer> {
    const opening = opened ?? openProducer();
    opened = opening;
    // One that could not be opened is opened anew by the next message.
    opening.catch(() => {
      if (opened === opening) opened = null;
    });
    return opening;
  }

  async function write(message: OutboundMessage): Promise<SendOutcome> {
    let producer: RecordProducer;
    try {
      producer = await openOnce();
      await producer.ensureTopic(topic);
    } catch (error) {
      // Nothing was written yet.
      return { kind: 'unavailable', error: readTrouble(error).message };
    }
    try {
      await producer.send([recordOf(message, topic)]);
      return { kind: 'accepted', providerMessageId: null };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  async function send(message: OutboundMessage, signal: AbortSignal): Promise<SendOutcome> {
    if (message.channel !== 'sms') return { kind: 'refused', error: 'Only SMS are forwarded.' };
    if (isClosed) return { kind: 'unavailable', error: 'The provider is closed.' };
    if (signal.aborted) return { kind: 'unavailable', error: 'There was no time left.' };
    return Promise.race([write(message), whenLate(signal)]);
  }

  return {
    name: externalProviderName,
    channels: ['sms'],
    concurrencyMax,
    quote: () => null,
    send,
    async test(message, signal) {
      const outcome = await send(message, signal);
      const request = `one record to ${topic}, for ${maskRecipient(message.destination)}`;
      const response = 'error' in outcome ? outcome.error : 'the brokers have it';
      return { request, response, outcome };
    },
    async close() {
      isClosed = true;
      // One that could not be opened has nothing to be closed.
      await (await opened?.catch(() => null))?.close();
    },
  };
}

function whenLate(signal: AbortSignal): Promise<SendOutcome> {
  return new Promise((resolve) => {
    const late = () => resolve({ kind: 'unknown', error: 'No broker answered in time.' });
    signal.addEventListener('abort', late, { once: true });
  });
}

/** What a broker refuses it does not have; of everything else nobody can tell. */
function outcomeOf(error: unknown): SendOutcome {
  const { kind, message } = readTrouble(error);
  switch (kind) {
    case 'record_refused':
      return { kind: 'refused', error: message };
    case 'refused':
    case 'unknown_topic':
      return { kind: 'unavailable', error: message };
    default:
      return { kind: 'unknown', error: message };
  }
}

/** Keyed by the identifier: an adapter that knows it has sent the message already. */
function recordOf(message: OutboundMessage, topic: string): OutgoingRecord {
  const { deliveryId: identifier, destination, language, sender, text } = message;
  const value = {
    ...{ identifier, channel: 'SMS', language, recipient: destination },
    ...{ senderName: sender, text, isPossibleDuplicate: message.isPossibleDuplicate },
  };
  return {
    ...{ topic, key: Buffer.from(identifier), value: Buffer.from(JSON.stringify(value)) },
    headers: [[Buffer.from('content-type'), Buffer.from('application/json')]],
  };
}
