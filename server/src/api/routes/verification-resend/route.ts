import { Type } from 'typebox';
import { callerOf } from '#api/authenticate.ts';
import { idempotencyKeyOf } from '#api/idempotency-key.ts';
import { presentVerification } from '#api/present.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { channelName, verificationId } from '#api/schemas/shared.ts';
import { exactly, noQuery } from '#api/schemas/text.ts';
import { verification } from '#api/schemas/verification.ts';

export const verificationResend = defineRoute({
  method: 'POST',
  path: '/v1/verifications/{id}/resend',
  operationId: 'resendCode',
  tag: 'verifications',
  summary: 'Send again',
  description:
    'Sends again, on another channel if one is named. It spends the send budget and never gives ' +
    'guesses back.',
  access: 'application',
  pathParameters: { id: verificationId },
  query: noQuery,
  body: exactly({ channel: Type.Optional(channelName) }),
  isBodyOptional: true,
  bodyBytesMax: 2_048,
  takesIdempotencyKey: true,
  answer: { status: 200, description: 'The verification.', schema: verification },
  refusals: [
    'verification_not_found',
    'verification_finished',
    'limit_reached',
    'budget_exhausted',
    'balance_exhausted',
    'channel_unavailable',
    'channel_not_allowed',
    'country_not_allowed',
    'recipient_invalid',
    'recipient_unsupported',
    'code_invalid',
    'template_not_found',
    'template_invalid',
    'variables_invalid',
  ],
  bodyExample: { channel: 'voice' },
  async handle({ service }, request, reply) {
    const result = await service.resendCode(
      callerOf(request),
      { ...request.body, verificationId: request.params.id },
      idempotencyKeyOf(request),
    );
    if (!result.ok) return sendRefusal(reply, result.error);
    if (result.value.isReplay) reply.header('Idempotent-Replayed', 'true');
    return presentVerification(result.value.view);
  },
});
