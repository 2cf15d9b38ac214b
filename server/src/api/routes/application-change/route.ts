import { callerOf } from '#api/authenticate.ts';
import { presentApplication } from '#api/present-application.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { application, settingsPatch } from '#api/schemas/application.ts';
import { noQuery } from '#api/schemas/text.ts';

export const applicationChange = defineRoute({
  method: 'PATCH',
  path: '/v1/application',
  operationId: 'changeApplication',
  tag: 'application',
  summary: 'Change settings',
  description:
    'What is not named stays as it is, within `code` and `limits` too; `null` puts a setting ' +
    'back to the product’s default. All of a change is kept or nothing.',
  access: 'application',
  query: noQuery,
  body: settingsPatch,
  bodyBytesMax: 32_768,
  keepsNulls: true,
  answer: { status: 200, description: 'The application, changed.', schema: application },
  refusals: ['template_not_found', 'template_invalid', 'callback_url_refused', 'code_invalid'],
  bodyExample: { secondStart: 'reuse', checksMax: 3 },
  async handle({ service }, request, reply) {
    const { id } = callerOf(request).application;
    const result = await service.changeSettings(id, request.body);
    return result.ok ? presentApplication(service, result.value) : sendRefusal(reply, result.error);
  },
});
