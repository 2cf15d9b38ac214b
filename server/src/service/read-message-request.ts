import type { Application } from '#domain/application.ts';
import { channels, isChannelName } from '#domain/channels/index.ts';
import { guessLengthMax } from '#domain/code.ts';
import { messageCharactersMax, sendAheadMaxMs } from '#domain/plain-message.ts';
import { parseRecipient, type Recipient } from '#domain/recipient.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { checkSender } from '#domain/sender.ts';
import type { KeptRequest } from '#service/kept-request.ts';
import { readClientAddress, refuseDestination } from '#service/read-start-request.ts';
import type { MessageRequest } from '#service/requests.ts';

/** The purpose of every plain message: a mark in its row, which no guess can ask for. */
export const messagePurpose = 'message';

export interface ReadMessage {
  readonly kept: KeptRequest;
  readonly recipient: Recipient;
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
  const channel = request.channel ?? 'sms';
  const isText = isChannelName(channel) && channels[channel].carries === 'text';
  if (!isText) {
    return refuse('request_invalid', 'A message goes over sms, whatsapp or zalo.', {
      pointer: '/channel',
    });
  }
  const pointers = { channel: '/channel', destination: '/recipient' };
  const refused = refuseDestination(settings, channel, recipient.value, pointers);
  if (refused !== null) return refused;
  const mistake = mistakeIn(request, nowMs);
  if (mistake !== null) {
    return refuse('request_invalid', mistake.detail, { pointer: mistake.pointer });
  }
  if (request.sender !== undefined) {
    const sender = checkSender(request.sender, channel);
    if (!sender.ok) return sender;
  }
  const address = readClientAddress(request.client);
  if (!address.ok) return address;
  const { canonical: to } = recipient.value;
  return ok({
    recipient: recipient.value,
    kept: {
      recipient: to,
      destinations: [{ channel, to, country: recipient.value.country }],
      purpose: messagePurpose,
      template: null,
      text: null,
      language: request.language ?? settings.language,
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

function mistakeIn(
  { text, code, sendAtMs }: MessageRequest,
  nowMs: number,
): { readonly detail: string; readonly pointer: string } | null {
  // Line breaks and tabs are text; what else steers a terminal has no place in a message.
  const isText = text.isWellFormed() && !/[^\P{Cc}\n\r\t]/u.test(text);
  if (text.trim() === '' || text.length > messageCharactersMax || !isText) {
    const detail = `A text has 1 to ${messageCharactersMax} characters, none of them a control.`;
    return { detail, pointer: '/text' };
  }
  if (code !== undefined && (code.length > guessLengthMax || !text.includes(code))) {
    const detail = `The code has at most ${guessLengthMax} characters and stands in the text.`;
    return { detail, pointer: '/code' };
  }
  if (sendAtMs !== undefined && !(sendAtMs > nowMs && sendAtMs <= nowMs + sendAheadMaxMs)) {
    const hours = sendAheadMaxMs / 3_600_000;
    return { detail: `A message can wait for at most ${hours} hours.`, pointer: '/sendAt' };
  }
  return null;
}
