import { Type } from 'typebox';
import { defineRoute } from '#api/route.ts';
import { noQuery } from '#api/schemas/text.ts';

export const keyListing = defineRoute({
  method: 'GET',
  path: '/v1/keys',
  operationId: 'listKeys',
  tag: 'about',
  summary: 'Public keys for proofs',
  description: 'A JSON Web Key Set (RFC 7517). Any JOSE library verifies a proof with it.',
  access: 'open',
  query: noQuery,
  answer: {
    status: 200,
    description: 'The key set.',
    schema: Type.Object({
      keys: Type.Array(
        Type.Unsafe<Record<string, string>>({
          type: 'object',
          additionalProperties: { type: 'string' },
        }),
      ),
    }),
  },
  refusals: [],
  async handle({ service }) {
    const { keys } = await service.publicKeys();
    return { keys: [...keys] };
  },
});
