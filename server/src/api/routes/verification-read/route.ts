import { callerOf } from '#api/authenticate.ts';
import { presentWithHistory } from '#api/present.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { verificationId } from '#api/schemas/shared.ts';
import { noQuery } from '#api/schemas/text.ts';
import { verificationWithHistory } from '#api/schemas/verification.ts';

export const verificationRead = defineRoute({
  method: 'GET',
  path: '/v1/verifications/{id}',
  operationId: 'readVerification',
  tag: 'verifications',
  summary: 'Read a verification',
  description: 'Its state, with its deliveries and its history.',
  access: 'application',
  pathParameters: { id: verificationId },
  query: noQuery,
  answer: { status: 200, description: 'The verification.', schema: verificationWithHistory },
  refusals: ['verification_not_found'],
  async handle({ service }, request, reply) {
    const result = await service.readVerification(callerOf(request), request.params.id);
    return result.ok ? presentWithHistory(result.value) : sendRefusal(reply, result.error);
  },
});
