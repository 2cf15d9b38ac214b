import { callerOf } from '#api/authenticate.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { templateName } from '#api/schemas/shared.ts';
import { noQuery } from '#api/schemas/text.ts';

export const templateDelete = defineRoute({
  method: 'DELETE',
  path: '/v1/templates/{name}',
  operationId: 'deleteTemplate',
  tag: 'templates',
  summary: 'Delete a template',
  description:
    'What was sent with it stays as it is. The default of the application is not deleted.',
  access: 'application',
  pathParameters: { name: templateName },
  query: noQuery,
  answer: { status: 204, description: 'It is gone.' },
  refusals: ['template_not_found', 'template_in_use'],
  async handle({ service }, request, reply) {
    const { id } = callerOf(request).application;
    const result = await service.deleteTemplate(id, request.params.name);
    return result.ok ? reply.code(204).send() : sendRefusal(reply, result.error);
  },
});
