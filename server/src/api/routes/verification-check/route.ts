import { Type } from 'typebox';
import { callerOf } from '#api/authenticate.ts';
import { idempotencyKeyOf } from '#api/idempotency-key.ts';
import { presentVerdict } from '#api/present.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { client, guess, transaction, verificationId } from '#api/schemas/shared.ts';
import { exactly, noQuery } from '#api/schemas/text.ts';
import { verdict } from '#api/schemas/verification.ts';

export const verificationCheck = defineRoute({
  method: 'POST',
  path: '/v1/verifications/{id}/check',
  operationId: 'checkCode',
  tag: 'verifications',
  summary: 'Check a code',
  description:
    'One guess. A wrong or late code is a verdict with status 200, never an error: look at ' +
    '`approved`.',
  access: 'application',
  pathParameters: { id: verificationId },
  query: noQuery,
  body: exactly({
    code: guess,
    transaction: Type.Optional(transaction),
    client: Type.Optional(client),
  }),
  // A guess is a few bytes; the rest is room for a transaction and what is known of the device.
  bodyBytesMax: 2_048,
  takesIdempotencyKey: true,
  answer: { status: 200, description: 'What the guess came to.', schema: verdict },
  refusals: ['verification_not_found', 'code_invalid', 'limit_reached'],
  bodyExample: { code: '135790' },
  async handle({ service }, request, reply) {
    const result = await service.checkCode(
      callerOf(request),
      { ...request.body, verificationId: request.params.id },
      idempotencyKeyOf(request),
    );
    if (!result.ok) return sendRefusal(reply, result.error);
    if (result.value.isReplay) reply.header('Idempotent-Replayed', 'true');
    return presentVerdict(result.value.view);
  },
});
