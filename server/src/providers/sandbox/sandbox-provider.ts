import Type, { type Static } from 'typebox';
import type { ChannelName } from '#domain/channels/channel.ts';
import { maskRecipient } from '#domain/recipient.ts';
import type {
  OutboundMessage,
  Provider,
  SandboxInbox,
  SendOutcome,
} from '#service/provider-port.ts';
import { type ProviderContext, type SettingsReading, subjectOf } from '../context.ts';
import { createQuote, priceMistakes, priceSchema } from '../price.ts';
import { behaviourOf } from './test-recipients.ts';

export const sandboxSettingsSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' }),
    kind: Type.Literal('sandbox'),
    /** What messages shall seem to cost, for trying out budgets; nothing when left out. */
    price: Type.Optional(priceSchema),
  },
  { additionalProperties: false },
);

export type SandboxSettings = Static<typeof sandboxSettingsSchema>;

const channels: readonly ChannelName[] = ['sms', 'email', 'voice', 'whatsapp', 'zalo'];
const concurrencyMax = 1_000;
/** A real one takes ten seconds; who tests against it should not have to wait for them. */
const timeoutMs = 500;

/** Delivers to the virtual phone and inbox instead of the world. */
export function createSandboxProvider(
  settings: SandboxSettings,
  context: ProviderContext,
): SettingsReading<Provider> {
  const subject = subjectOf(settings.name);
  const mistakes = priceMistakes(settings.price, subject);
  const { inbox } = context;
  if (inbox === undefined) {
    mistakes.push(`${subject}: the sandbox is there in development only. Use another kind here.`);
  }
  if (mistakes.length > 0 || inbox === undefined) return { ok: false, error: mistakes };
  const closing = new AbortController();
  const send = (message: OutboundMessage, signal: AbortSignal): Promise<SendOutcome> =>
    deliver(inbox, message, signal, closing.signal);
  const value: Provider = {
    name: settings.name,
    channels,
    concurrencyMax,
    quote: createQuote(settings.price),
    send,
    test: async (message, signal) => {
      const outcome = await send(message, signal);
      const recipient = maskRecipient(message.destination);
      const request = `${message.channel} to ${recipient} on the virtual phone`;
      return { request, response: outcome.kind, outcome };
    },
    close: async () => closing.abort(),
  };
  return { ok: true, value };
}

async function deliver(
  inbox: SandboxInbox,
  message: OutboundMessage,
  signal: AbortSignal,
  closing: AbortSignal,
): Promise<SendOutcome> {
  if (closing.aborted) return { kind: 'unavailable', error: 'The server is shutting down.' };
  const behaviour = behaviourOf(message.destination);
  switch (behaviour) {
    case 'refused':
      return {
        kind: 'refused',
        error: 'The sandbox refuses every message to this test recipient.',
      };
    case 'unavailable':
      return { kind: 'unavailable', error: 'The sandbox is never there for this test recipient.' };
    case 'timeout':
      await firstAbort(signal, closing, AbortSignal.timeout(timeoutMs));
      return { kind: 'unknown', error: 'There was no answer in time.' };
    case 'fixed-code':
    case 'undelivered':
    case null:
      return accept(inbox, message, behaviour === 'undelivered');
    default:
      return behaviour satisfies never;
  }
}

async function accept(
  inbox: SandboxInbox,
  message: OutboundMessage,
  isUndelivered: boolean,
): Promise<SendOutcome> {
  const { destination, channel, sender, subject, text, html, parts } = message;
  const { verificationId, applicationId, deliveryId } = message;
  const content = { recipient: destination, channel, sender, subject, text, html, parts };
  let id: string;
  try {
    ({ id } = await inbox.put({ ...content, verificationId, applicationId }));
  } catch {
    return { kind: 'unavailable', error: 'The virtual phone cannot keep messages at the moment.' };
  }
  // Carriers report after they have taken a message, never while they take it.
  setImmediate(() =>
    inbox.reportReceipt(
      deliveryId,
      isUndelivered
        ? { status: 'undelivered', error: 'The phone of this test recipient is never reachable.' }
        : { status: 'delivered', error: null },
    ),
  );
  return { kind: 'accepted', providerMessageId: id };
}

/** Settles when either signal does. A hand-over is always bounded by its own. */
function firstAbort(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((done) => {
    const onAbort = (): void => {
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
      done();
    };
    for (const signal of signals) signal.addEventListener('abort', onAbort);
    if (signals.some((signal) => signal.aborted)) onAbort();
  });
}
