import { callerOf } from '#api/authenticate.ts';
import { presentMessage } from '#api/present-message.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { message } from '#api/schemas/message.ts';
import { verificationId } from '#api/schemas/shared.ts';
import { noQuery } from '#api/schemas/text.ts';

export const messageRead = defineRoute({
  method: 'GET',
  path: '/v1/messages/{id}',
  operationId: 'readMessage',
  tag: 'messages',
  summary: 'Read a message',
  description: 'What became of it. Its text is shown by no call.',
  access: 'application',
  pathParameters: { id: verificationId },
  query: noQuery,
  answer: { status: 200, description: 'The message.', schema: message },
  refusals: ['message_not_found'],
  async handle({ service }, request, reply) {
    const result = await service.readMessage(callerOf(request), request.params.id);
    return result.ok ? presentMessage(result.value) : sendRefusal(reply, result.error);
  },
});
