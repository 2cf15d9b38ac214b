import { Type } from 'typebox';
import { callerOf } from '#api/authenticate.ts';
import { presentMessage } from '#api/present-message.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { messageList } from '#api/schemas/message.ts';
import { listLimit, listLimitDefault, recipient, reference } from '#api/schemas/shared.ts';
import { exactly, readPlus, shaped } from '#api/schemas/text.ts';

export const messageListing = defineRoute({
  method: 'GET',
  path: '/v1/messages',
  operationId: 'listMessages',
  tag: 'messages',
  summary: 'List messages',
  description:
    'Texts of the caller’s own, through whichever door they came, newest first. The messages of ' +
    'verifications stand with those, as their deliveries.',
  access: 'application',
  query: exactly({
    recipient: Type.Optional(recipient),
    reference: Type.Optional(reference),
    limit: Type.Optional(listLimit),
    cursor: Type.Optional(
      shaped('^[0-9a-hjkmnp-tv-z]{11}$', 11, {
        description: 'A cursor is what nextCursor of an earlier answer was.',
      }),
    ),
  }),
  answer: { status: 200, description: 'A page of the list.', schema: messageList },
  refusals: ['recipient_invalid', 'recipient_unsupported'],
  async handle({ service }, request, reply) {
    const { limit = listLimitDefault, ...filter } = request.query;
    const wanted = { ...filter, ...readPlus(filter), limit };
    const result = await service.listMessages(callerOf(request), wanted);
    if (!result.ok) return sendRefusal(reply, result.error);
    const { items, nextCursor } = result.value;
    return { items: items.map(presentMessage), nextCursor };
  },
});
