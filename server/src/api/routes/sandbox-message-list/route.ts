import { type Static, Type } from 'typebox';
import { callerOf } from '#api/authenticate.ts';
import { isoTime } from '#api/iso-time.ts';
import { sendRefusal } from '#api/problem.ts';
import { defineRoute } from '#api/route.ts';
import { sandboxOf } from '#api/routes/sandbox.ts';
import { channelName, listLimit, listLimitDefault, recipient } from '#api/schemas/shared.ts';
import { exactly, moment, orNull, readPlus } from '#api/schemas/text.ts';
import type { SandboxMessage } from '#service/provider-port.ts';

const message = Type.Object({
  id: Type.String(),
  recipient: Type.String({ description: 'In clear: it is your own test.' }),
  channel: channelName,
  sender: orNull(Type.String()),
  subject: orNull(Type.String()),
  text: Type.String(),
  html: orNull(Type.String()),
  verificationId: orNull(Type.String()),
  at: moment('When it arrived.'),
});

export const sandboxMessageListing = defineRoute({
  method: 'GET',
  path: '/v1/sandbox/messages',
  operationId: 'listSandboxMessages',
  tag: 'sandbox',
  summary: 'Read the virtual phone',
  description: 'What the virtual phone and inbox received, newest first.',
  access: 'application',
  query: exactly({ recipient: Type.Optional(recipient), limit: Type.Optional(listLimit) }),
  answer: {
    status: 200,
    description: 'The messages.',
    schema: Type.Object({ items: Type.Array(message) }),
  },
  refusals: ['recipient_invalid', 'recipient_unsupported'],
  async handle(context, request, reply) {
    const listed = await sandboxOf(context).listMessages(callerOf(request).application, {
      recipient: readPlus(request.query).recipient ?? null,
      limit: request.query.limit ?? listLimitDefault,
    });
    if (!listed.ok) return sendRefusal(reply, listed.error);
    return { items: listed.value.messages.map(presentMessage) };
  },
});

function presentMessage(shown: SandboxMessage): Static<typeof message> {
  const { id, recipient: to, channel, sender, subject, text, html, verificationId, atMs } = shown;
  const at = isoTime(atMs);
  return { id, recipient: to, channel, sender, subject, text, html, verificationId, at };
}
