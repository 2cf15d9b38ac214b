import { callerOf } from '#api/authenticate.ts';
import { presentApplication } from '#api/present-application.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { application } from '#api/schemas/application.ts';
import { noQuery } from '#api/schemas/text.ts';

export const applicationRead = defineRoute({
  method: 'GET',
  path: '/v1/application',
  operationId: 'readApplication',
  tag: 'application',
  summary: 'Read the application',
  description: 'The application that the API key belongs to, with all its settings.',
  access: 'application',
  query: noQuery,
  answer: { status: 200, description: 'The application.', schema: application },
  refusals: [],
  // Read anew: the one that authentication knows may be a moment old.
  async handle({ service }, request, reply) {
    const result = await service.readApplication(callerOf(request).application.id);
    return result.ok ? presentApplication(service, result.value) : sendRefusal(reply, result.error);
  },
});
