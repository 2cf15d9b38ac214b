import { Type } from 'typebox';
import { callerOf } from '#api/authenticate.ts';
import { presentTemplate } from '#api/present-application.ts';
import { defineRoute } from '#api/route.ts';
import { template } from '#api/schemas/template.ts';
import { noQuery } from '#api/schemas/text.ts';

export const templateListing = defineRoute({
  method: 'GET',
  path: '/v1/templates',
  operationId: 'listTemplates',
  tag: 'templates',
  summary: 'List templates',
  description: 'All templates of the application, in the order of their names.',
  access: 'application',
  query: noQuery,
  answer: {
    status: 200,
    description: 'The templates.',
    schema: Type.Object({ items: Type.Array(template) }),
  },
  refusals: [],
  async handle({ service }, request) {
    const templates = await service.listTemplates(callerOf(request).application.id);
    return { items: templates.map(presentTemplate) };
  },
});
