import { type Static, Type } from 'typebox';
import { channelName, money, verificationId, verificationStatus } from '#api/schemas/shared.ts';
import { moment, oneOf, orNull } from '#api/schemas/text.ts';
import type { DeliveryStatus } from '#domain/delivery.ts';
import type { CheckReason, HistoryEvent } from '#domain/verification.ts';

/** What the calls about verifications answer. Trimmed to this when it is written out. */

const deliveryStatus = oneOf<DeliveryStatus>(
  { queued: true, sent: true, delivered: true, undelivered: true, failed: true, read: true },
  'How far the message came. It only moves forward and never decides the verification.',
);

const historyEvent = oneOf<HistoryEvent>(
  {
    started: true,
    blocked: true,
    resent: true,
    wrong_code: true,
    late_code: true,
    approved: true,
    failed: true,
    expired: true,
    canceled: true,
    queued: true,
    sent: true,
    retried: true,
    delivered: true,
    undelivered: true,
    read: true,
    delivery_failed: true,
  },
  'What happened.',
);

const checkReason = oneOf<CheckReason>(
  {
    wrong_code: true,
    expired: true,
    too_many_checks: true,
    already_used: true,
    canceled: true,
  },
  'Why it was not approved; null when it was.',
);

const delivery = Type.Object({
  id: Type.String(),
  channel: channelName,
  provider: Type.String({ description: 'Who carried it.' }),
  status: deliveryStatus,
  parts: Type.Integer({ minimum: 1, description: 'Billed parts; SMS segments.' }),
  cost: orNull(money),
  error: orNull(Type.String({ description: 'What the provider said against it.' })),
  at: moment('When its status was last true.'),
});

const verificationFields = {
  id: verificationId,
  status: verificationStatus,
  recipient: Type.String({ description: 'The recipient, masked.', examples: ['+14•••••0123'] }),
  country: orNull(Type.String({ description: 'ISO 3166-1 code of a phone number.' })),
  channel: channelName,
  purpose: Type.String(),
  origin: Type.String({
    description: 'What it began through: `api`, `kafka`, or the name of a façade.',
  }),
  checksLeft: Type.Integer({ minimum: 0, description: 'Guesses that are left.' }),
  sendsLeft: Type.Integer({ minimum: 0, description: 'Times it may still be sent.' }),
  createdAt: moment('When it was started.'),
  expiresAt: moment('When the code stops working.'),
  resendAllowedAt: orNull(moment('When it may be sent again; null when it may not.')),
  finishedAt: orNull(moment('When its status became final.')),
  blockedReason: orNull(Type.String({ description: 'The limit or budget that blocked it.' })),
  reference: orNull(Type.String()),
  metadata: Type.Unsafe<Readonly<Record<string, string>> | null>({
    type: ['object', 'null'],
    additionalProperties: { type: 'string' },
  }),
  deliveries: Type.Array(delivery),
};

export const verification = Type.Object(verificationFields);
export type VerificationAnswer = Static<typeof verification>;

export const verificationWithHistory = Type.Object({
  ...verificationFields,
  history: Type.Array(
    Type.Object({
      at: moment('When it happened.'),
      event: historyEvent,
      detail: orNull(Type.String()),
    }),
    { description: 'What happened to it, oldest first.' },
  ),
});
export type VerificationWithHistoryAnswer = Static<typeof verificationWithHistory>;

export const verdict = Type.Object({
  ...verificationFields,
  approved: Type.Boolean({ description: 'Whether this check proved the recipient.' }),
  reason: orNull(checkReason),
  proof: Type.Optional(
    Type.String({
      description:
        'A signed token (JWS, EdDSA) that anyone can verify with the keys of GET /v1/keys. ' +
        'There on approval only.',
    }),
  ),
});
export type VerdictAnswer = Static<typeof verdict>;

export const verificationList = Type.Object({
  items: Type.Array(verification),
  nextCursor: orNull(
    Type.String({ description: 'Give it as `cursor` to read on; null at the end.' }),
  ),
});
