import type { Application } from '#domain/application.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import { channels, isChannelName } from '#domain/channels/index.ts';
import { messagePurpose, sendAheadMaxMs } from '#domain/plain-message.ts';
import { parseRecipient, type Recipient } from '#domain/recipient.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { checkSender } from '#domain/sender.ts';
import { languagePattern } from '#domain/template.ts';
import type { KeptRequest } from '#service/kept-request.ts';
import { type MessageContent, readMessageContent } from '#service/message-content.ts';
import { readClientAddress, refuseDestination } from '#service/read-start-request.ts';
import type { MessageRequest } from '#service/requests.ts';

export interface ReadMessage {
  readonly kept: KeptRequest;
  readonly recipient: Recipient;
  readonly content: MessageContent;
}

/** `nowMs` is the storage's time, where the request names a moment. */
export function readMessageRequest(
  { settings }: Application,
  request: MessageRequest,
  nowMs: number,
): Result<ReadMessage> {
  const country = request.country ?? settings.country ?? undefined;
  const recipient = parseRecipient(request.recipient, { country });
  if (!recipient.ok) return recipient;
  const usual: ChannelName = recipient.value.kind === 'email' ? 'email' : 'sms';
  const { channel = usual, language = settings.language } = request;
  if (!isChannelName(channel) || !carried.has(channels[channel].carries)) {
    return refuse('request_invalid', 'A message goes over sms, email, whatsapp or zalo.', {
      pointer: '/channel',
    });
  }
  const pointers = { channel: '/channel', destination: '/recipient' };
  const refused = refuseDestination(settings, channel, recipient.value, pointers);
  if (refused !== null) return refused;
  const content = readMessageContent(request, channel);
  if (!content.ok) return content;
  const mistake = mistakeIn(request, { channel, language, nowMs });
  if (mistake !== null) return mistake;
  const { canonical: to } = recipient.value;
  return ok({
    recipient: recipient.value,
    content: content.value,
    kept: {
      recipient: to,
      destinations: [{ channel, to, country: recipient.value.country }],
      purpose: messagePurpose,
      template: null,
      text: null,
      language,
      variables: {},
      sender: request.sender ?? settings.sender,
      autofill: {},
      lifetimeSeconds: 0,
      codeSpec: null,
      transaction: null,
      callbackUrl: null,
      redirected: {},
    },
  });
}

/** What is read, not heard. */
const carried: ReadonlySet<string> = new Set(['text', 'mail']);

function mistakeIn(
  { sender, client, sendAtMs }: MessageRequest,
  { channel, language, nowMs }: { channel: ChannelName; language: string; nowMs: number },
): Result<never> | null {
  if (!languagePattern.test(language)) {
    return refuse('request_invalid', 'The language is a tag such as "en" or "pt-BR" (BCP 47).', {
      pointer: '/language',
    });
  }
  if (sendAtMs !== undefined && !(sendAtMs > nowMs && sendAtMs <= nowMs + sendAheadMaxMs)) {
    const hours = sendAheadMaxMs / 3_600_000;
    return refuse('request_invalid', `A message can wait for at most ${hours} hours.`, {
      pointer: '/sendAt',
    });
  }
  const checkedSender = sender === undefined ? ok(null) : checkSender(sender, channel);
  if (!checkedSender.ok) return checkedSender;
  const address = readClientAddress(client);
  return address.ok ? null : address;
}
