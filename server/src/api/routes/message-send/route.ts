import { callerOf } from '#api/authenticate.ts';
import { idempotencyKeyOf } from '#api/idempotency-key.ts';
import { presentMessage } from '#api/present-message.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { message, messageBody, messageExample } from '#api/schemas/message.ts';
import { noQuery } from '#api/schemas/text.ts';

export const messageSend = defineRoute({
  method: 'POST',
  path: '/v1/messages',
  operationId: 'sendMessage',
  tag: 'messages',
  summary: 'Send a message',
  description:
    'Sends a text of your own, or one from a template, now or at `sendAt`. It proves nothing: to ' +
    'find out who somebody is, start a verification. Limits and budgets count both together.',
  access: 'application',
  query: noQuery,
  body: messageBody,
  bodyBytesMax: 65_536,
  takesIdempotencyKey: true,
  answer: { status: 201, description: 'The message, queued or scheduled.', schema: message },
  refusals: [
    'recipient_invalid',
    'recipient_unsupported',
    'template_invalid',
    'template_not_found',
    'variables_invalid',
    'channel_unavailable',
    'channel_not_allowed',
    'country_not_allowed',
    'limit_reached',
    'budget_exhausted',
    'balance_exhausted',
  ],
  bodyExample: messageExample,
  leadsTo: ['readMessage'],
  async handle({ service }, request, reply) {
    const { sendAt, ...rest } = request.body;
    // A day that no month has becomes no number, and that is no moment ahead.
    const moment = sendAt === undefined ? {} : { sendAtMs: Date.parse(sendAt) };
    const asked = { ...rest, ...moment };
    const result = await service.sendMessage(callerOf(request), asked, idempotencyKeyOf(request));
    if (!result.ok) return sendRefusal(reply, result.error);
    reply.code(201);
    if (result.value.isReplay) reply.header('Idempotent-Replayed', 'true');
    return presentMessage(result.value.view);
  },
});
