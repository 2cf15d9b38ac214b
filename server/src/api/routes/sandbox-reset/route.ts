import { callerOf } from '#api/authenticate.ts';
import { defineRoute } from '#api/route.ts';
import { sandboxOf } from '#api/routes/sandbox.ts';
import { exactly, noQuery } from '#api/schemas/text.ts';

export const sandboxReset = defineRoute({
  method: 'POST',
  path: '/v1/sandbox/reset',
  operationId: 'resetSandbox',
  tag: 'sandbox',
  summary: 'Begin anew',
  description:
    'Forgets messages, verifications and spent limits of the application. Credentials, templates ' +
    'and settings stay.',
  access: 'application',
  query: noQuery,
  body: exactly({}, { description: 'No fields; the body may be left out.' }),
  isBodyOptional: true,
  bodyBytesMax: 2_048,
  answer: { status: 204, description: 'It is forgotten.' },
  refusals: [],
  async handle(context, request, reply) {
    await sandboxOf(context).reset(callerOf(request).application.id);
    return reply.code(204).send();
  },
});
