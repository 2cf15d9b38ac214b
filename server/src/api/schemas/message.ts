import { type Static, Type } from 'typebox';
import { channelName, money } from '#api/schemas/shared.ts';
import { moment, oneOf, orNull } from '#api/schemas/text.ts';
import type { MessageStatus } from '#service/views.ts';

/** What the calls about plain messages answer; their texts are shown by none. */

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
