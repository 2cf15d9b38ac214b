import { Type } from 'typebox';
import { callerOf } from '#api/authenticate.ts';
import { presentVerification } from '#api/present.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import {
  listLimit,
  listLimitDefault,
  purpose,
  recipient,
  reference,
  verificationStatus,
} from '#api/schemas/shared.ts';
import { exactly, readPlus, shaped } from '#api/schemas/text.ts';
import { verificationList } from '#api/schemas/verification.ts';

export const verificationListing = defineRoute({
  method: 'GET',
  path: '/v1/verifications',
  operationId: 'listVerifications',
  tag: 'verifications',
  summary: 'List verifications',
  description:
    'Newest first. Every parameter narrows the list; `nextCursor` of one answer is the `cursor` ' +
    'of the next request.',
  access: 'application',
  query: exactly({
    status: Type.Optional(verificationStatus),
    recipient: Type.Optional(recipient),
    purpose: Type.Optional(purpose),
    reference: Type.Optional(reference),
    limit: Type.Optional(listLimit),
    cursor: Type.Optional(
      shaped('^[0-9a-hjkmnp-tv-z]{11}$', 11, {
        description: 'A cursor is what nextCursor of an earlier answer was.',
      }),
    ),
  }),
  answer: { status: 200, description: 'A page of the list.', schema: verificationList },
  refusals: ['recipient_invalid', 'recipient_unsupported'],
  async handle({ service }, request, reply) {
    const { limit = listLimitDefault, ...filter } = request.query;
    const wanted = { ...filter, ...readPlus(filter), limit };
    const result = await service.listVerifications(callerOf(request), wanted);
    if (!result.ok) return sendRefusal(reply, result.error);
    const { items, nextCursor } = result.value;
    return { items: items.map(presentVerification), nextCursor };
  },
});
