import { Type } from 'typebox';
import { defineRoute } from '#api/route.ts';
import { noQuery } from '#api/schemas/text.ts';

export const openapiRead = defineRoute({
  method: 'GET',
  path: '/v1/openapi.json',
  operationId: 'readOpenapi',
  tag: 'about',
  summary: 'This description',
  description: 'All calls of this server in OpenAPI 3.1.',
  access: 'open',
  query: noQuery,
  answer: {
    status: 200,
    description: 'The description.',
    schema: Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true }),
  },
  refusals: [],
  // Sent as the text it is kept as, so that nothing is written out twice.
  async handle({ openapi }, _request, reply) {
    return reply.type('application/json').send(openapi());
  },
});
