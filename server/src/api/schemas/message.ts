import { type Static, Type } from 'typebox';
import {
  channelName,
  client,
  country,
  guess,
  language,
  metadata,
  money,
  recipient,
  reference,
  templateName,
} from '#api/schemas/shared.ts';
import { variables } from '#api/schemas/start.ts';
import { anyText, exactly, line, moment, oneOf, orNull, shaped } from '#api/schemas/text.ts';
import { messageCharactersMax } from '#domain/plain-message.ts';
import { templateBounds } from '#domain/template.ts';
import type { MessageStatus } from '#service/views.ts';

const momentPattern = '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,3})?Z$';

/** The calls about plain messages; their texts are shown by none. */

export const messageExample = {
  recipient: '+14155550123',
  text: 'Your parcel is on its way.',
} as const;

export const messageBody = exactly(
  {
    recipient,
    country: Type.Optional(country),
    channel: Type.Optional(channelName),
    text: Type.Optional(
      anyText(messageCharactersMax, {
        description: 'The text as it stands. Excludes `template`.',
        examples: [messageExample.text],
      }),
    ),
    template: Type.Optional(templateName),
    variables: Type.Optional(variables),
    language: Type.Optional(language),
    subject: Type.Optional(
      anyText(templateBounds.subjectCharactersMax, {
        description: 'The subject of an e-mail, which a text needs.',
      }),
    ),
    html: Type.Optional(
      anyText(templateBounds.htmlCharactersMax, {
        description: 'The HTML part of an e-mail, with a text.',
      }),
    ),
    code: Type.Optional({
      ...guess,
      description: 'The code of your own making that stands in the text, if one does.',
    }),
    sender: Type.Optional(
      line(70, { description: 'Who the message says it comes from.', examples: ['ACME'] }),
    ),
    sendAt: Type.Optional(
      shaped(momentPattern, 24, {
        description: 'When to send it, at most 23 hours ahead: a moment in UTC, ISO 8601.',
        examples: ['2026-03-01T09:30:00Z'],
      }),
    ),
    reference: Type.Optional(reference),
    metadata: Type.Optional(metadata),
    client: Type.Optional(client),
  },
  { examples: [messageExample] },
);

const messageStatus = oneOf<MessageStatus>(
  {
    scheduled: true,
    queued: true,
    sent: true,
    delivered: true,
    undelivered: true,
    failed: true,
    read: true,
    blocked: true,
  },
  'How far the message came. One that waits for its moment is scheduled, one that a limit or a ' +
    'budget refused is blocked.',
);

export const message = Type.Object({
  id: Type.String({ description: 'The id of the message.' }),
  status: messageStatus,
  recipient: Type.String({ description: 'The recipient, masked.', examples: ['+91••••••3210'] }),
  country: orNull(Type.String({ description: 'ISO 3166-1 code of the phone number.' })),
  channel: channelName,
  origin: Type.String({ description: 'The door that it came through.', examples: ['fast2sms'] }),
  createdAt: moment('When it was asked for.'),
  sendAt: orNull(moment('From when on it is sent; null where it was blocked.')),
  provider: orNull(Type.String({ description: 'Who carried it, or is to.' })),
  parts: Type.Integer({ minimum: 0, description: 'Billed parts; SMS segments.' }),
  cost: orNull(money),
  error: orNull(Type.String({ description: 'What the provider said against it.' })),
  blockedReason: orNull(Type.String({ description: 'The limit or budget that blocked it.' })),
  reference: orNull(Type.String()),
  metadata: Type.Unsafe<Readonly<Record<string, string>> | null>({
    type: ['object', 'null'],
    additionalProperties: { type: 'string' },
  }),
});
export type MessageAnswer = Static<typeof message>;

export const messageList = Type.Object({
  items: Type.Array(message),
  nextCursor: orNull(
    Type.String({ description: 'Give it as `cursor` to read on; null at the end.' }),
  ),
});
