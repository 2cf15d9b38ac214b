import { Type } from 'typebox';
import { defineRoute } from '#api/route.ts';
import { noQuery } from '#api/schemas/text.ts';

export const healthRead = defineRoute({
  method: 'GET',
  path: '/healthz',
  operationId: 'readHealth',
  tag: 'about',
  summary: 'Is the process alive?',
  description: 'Asks nothing else: restart the process when this does not answer.',
  access: 'open',
  query: noQuery,
  answer: {
    status: 200,
    description: 'It is.',
    schema: Type.Object({ status: Type.Literal('alive'), version: Type.String() }),
  },
  refusals: [],
  async handle({ version }) {
    return { status: 'alive' as const, version };
  },
});
