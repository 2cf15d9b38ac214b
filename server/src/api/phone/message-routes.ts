import { Type } from '@fastify/type-provider-typebox';
import { mailPolicy } from '#api/phone/page-files.ts';
import { type PhoneOptions, type PhoneScope, phoneCaller } from '#api/phone/phone-options.ts';
import { messageForPage, verificationForPage } from '#api/phone/phone-views.ts';
import { sendProblem, sendRefusal } from '#api/problem.ts';
import { parseRecipient } from '#domain/recipient.ts';
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
    let recipient: string | null = null;
    if (request.query.recipient !== undefined) {
      const country = (await application()).settings.country ?? undefined;
      const parsed = parseRecipient(request.query.recipient, { country, allowUnknownRanges: true });
      if (!parsed.ok) return sendRefusal(reply, parsed.error);
      recipient = parsed.value.canonical;
    }
    const messages = await sandbox.listMessages({
      applicationId: (await application()).id,
      recipient,
      limit: Number(request.query.limit ?? listedDefault),
    });
    return {
      recipient,
      items: messages.map(messageForPage),
      verifications: await readVerifications(messages),
    };
  });

  const params = Type.Object({ id: Type.String({ maxLength: 64 }) });
  scope.get('/phone/messages/:id/html', { schema: { params } }, async (request, reply) => {
    const { id: applicationId } = await application();
    const query = { applicationId, recipient: null, limit: keptMax };
    const messages = await sandbox.listMessages(query);
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
