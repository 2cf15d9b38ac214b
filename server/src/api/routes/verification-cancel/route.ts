import { callerOf } from '#api/authenticate.ts';
import { idempotencyKeyOf } from '#api/idempotency-key.ts';
import { presentVerification } from '#api/present.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { verificationId } from '#api/schemas/shared.ts';
import { exactly, noQuery } from '#api/schemas/text.ts';
import { verification } from '#api/schemas/verification.ts';

export const verificationCancel = defineRoute({
  method: 'POST',
  path: '/v1/verifications/{id}/cancel',
  operationId: 'cancelVerification',
  tag: 'verifications',
  summary: 'Cancel a verification',
  description: 'Ends it: its code is worthless from now on. Canceling twice changes nothing.',
  access: 'application',
  pathParameters: { id: verificationId },
  query: noQuery,
  body: exactly({}, { description: 'No fields; the body may be left out.' }),
  isBodyOptional: true,
  bodyBytesMax: 2_048,
  takesIdempotencyKey: true,
  answer: { status: 200, description: 'The verification, canceled.', schema: verification },
  refusals: ['verification_not_found', 'verification_finished'],
  async handle({ service }, request, reply) {
    const result = await service.cancelVerification(
      callerOf(request),
      request.params.id,
      idempotencyKeyOf(request),
    );
    if (!result.ok) return sendRefusal(reply, result.error);
    if (result.value.isReplay) reply.header('Idempotent-Replayed', 'true');
    return presentVerification(result.value.view);
  },
});
