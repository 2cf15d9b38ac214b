import { callerOf } from '#api/authenticate.ts';
import { presentTemplate } from '#api/present-application.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { templateName } from '#api/schemas/shared.ts';
import { template } from '#api/schemas/template.ts';
import { noQuery } from '#api/schemas/text.ts';

export const templateRead = defineRoute({
  method: 'GET',
  path: '/v1/templates/{name}',
  operationId: 'readTemplate',
  tag: 'templates',
  summary: 'Read a template',
  description: 'One template with all its variants.',
  access: 'application',
  pathParameters: { name: templateName },
  query: noQuery,
  answer: { status: 200, description: 'The template.', schema: template },
  refusals: ['template_not_found'],
  async handle({ service }, request, reply) {
    const { id } = callerOf(request).application;
    const result = await service.readTemplate(id, request.params.name);
    return result.ok ? presentTemplate(result.value) : sendRefusal(reply, result.error);
  },
});
