import { Type } from 'typebox';
import { callerOf } from '#api/authenticate.ts';
import { idempotencyKeyOf } from '#api/idempotency-key.ts';
import { presentVerdict } from '#api/present.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { client, country, guess, purpose, recipient, transaction } from '#api/schemas/shared.ts';
import { exactly, noQuery } from '#api/schemas/text.ts';
import { verdict } from '#api/schemas/verification.ts';

export const recipientCheck = defineRoute({
  method: 'POST',
  path: '/v1/checks',
  operationId: 'checkRecipient',
  tag: 'verifications',
  summary: 'Check a code by recipient',
  description:
    'One guess at the pending verification of this recipient and purpose, for callers that keep ' +
    'no id.',
  access: 'application',
  query: noQuery,
  body: exactly({
    recipient,
    country: Type.Optional(country),
    purpose: Type.Optional(purpose),
    code: guess,
    transaction: Type.Optional(transaction),
    client: Type.Optional(client),
  }),
  bodyBytesMax: 2_048,
  takesIdempotencyKey: true,
  answer: { status: 200, description: 'What the guess came to.', schema: verdict },
  refusals: [
    'verification_not_found',
    'recipient_invalid',
    'recipient_unsupported',
    'code_invalid',
    'limit_reached',
  ],
  bodyExample: { recipient: '+14155550123', purpose: 'login', code: '135790' },
  async handle({ service }, request, reply) {
    const result = await service.checkRecipient(
      callerOf(request),
      request.body,
      idempotencyKeyOf(request),
    );
    if (!result.ok) return sendRefusal(reply, result.error);
    if (result.value.isReplay) reply.header('Idempotent-Replayed', 'true');
    return presentVerdict(result.value.view);
  },
});
