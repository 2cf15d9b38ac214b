import { Type } from 'typebox';
import { mailPolicy } from '#api/phone/page-files.ts';
import { type PhoneOptions, type PhoneScope, phoneCaller } from '#api/phone/phone-options.ts';
import { messageForPage, verificationForPage } from '#api/phone/phone-views.ts';
import { sendProblem, sendRefusal } from '#api/problem.ts';
import type { SandboxMessage } from '#service/provider-port.ts';

const listedDefault = 100;
const listedPattern = '^([1-9][0-9]?|1[0-9]{2}|200)$';
/** As many as a development server keeps of one application. */
const keptMax = 2_000;

/** What the phone and the inbox show. */
export function addMessageRoutes(scope: PhoneScope, options: PhoneOptions): void {
  const { service, sandbox, application } = options;

  const querystring = Type.Object(
    {
      recipient: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
      limit: Type.Optional(Type.String({ pattern: listedPattern })),
    },
    { additionalProperties: false },
  );
  scope.get('/phone/messages', { schema: { querystring } }, async (request, reply) => {
    const listed = await sandbox.listMessages(await application(), {
      recipient: request.query.recipient ?? null,
      limit: Number(request.query.limit ?? listedDefault),
    });
    if (!listed.ok) return sendRefusal(reply, listed.error);
    const { recipient, messages } = listed.value;
    return {
      recipient,
      items: messages.map(messageForPage),
      verifications: await readVerifications(messages),
    };
  });

  const params = Type.Object({ id: Type.String({ maxLength: 64 }) });
  scope.get('/phone/messages/:id/html', { schema: { params } }, async (request, reply) => {
    const all = { recipient: null, limit: keptMax };
    const listed = await sandbox.listMessages(await application(), all);
    if (!listed.ok) return sendRefusal(reply, listed.error);
    const { messages } = listed.value;
    const html = messages.find((message) => message.id === request.params.id)?.html ?? null;
    if (html === null) {
      const detail = 'The virtual phone has no such e-mail any more.';
      return sendProblem(reply, 'route_not_found', detail);
    }
    reply.header('Content-Security-Policy', mailPolicy).type('text/html; charset=utf-8');
    return reply.send(html);
  });

  scope.get('/phone/verifications/:id', { schema: { params } }, async (request, reply) => {
    const found = await service.readVerification(await phoneCaller(options), request.params.id);
    return found.ok ? verificationForPage(found.value) : sendRefusal(reply, found.error);
  });

  async function readVerifications(messages: readonly SandboxMessage[]) {
    const ids = new Set(messages.flatMap(({ verificationId }) => verificationId ?? []));
    const caller = await phoneCaller(options);
    const found = await Promise.all([...ids].map((id) => service.readVerification(caller, id)));
    return found.flatMap((result) => (result.ok ? verificationForPage(result.value) : []));
  }
}
