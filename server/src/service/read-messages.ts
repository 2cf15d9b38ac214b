import { isPlain } from '#domain/plain-message.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import type { ServiceContext } from '#service/context.ts';
import { presentMessage } from '#service/present-message.ts';
import { formatCursor, readCursor, recipientHashOf } from '#service/read-verifications.ts';
import type { Service } from '#service/service.ts';

export function createReadMessage({ storage, vault }: ServiceContext): Service['readMessage'] {
  return async (caller, messageId) => {
    const found = await storage.readVerification(caller.application.id, messageId);
    if (found === null || !isPlain(found.verification)) return messageNotFound();
    return ok(presentMessage(vault, found));
  };
}

/** Newest first. A page may hold fewer than asked while a cursor says that there are more. */
export function createListMessages(context: ServiceContext): Service['listMessages'] {
  return async (caller, request) => {
    const before = readCursor(request.cursor);
    if (!before.ok) return before;
    const recipientHash = recipientHashOf(context.vault, caller.application, request.recipient);
    if (!recipientHash.ok) return recipientHash;
    const { items, next } = await context.storage.listVerifications({
      applicationId: caller.application.id,
      status: null,
      recipientHash: recipientHash.value,
      purpose: null,
      reference: request.reference ?? null,
      kind: 'message',
      limit: request.limit,
      before: before.value,
    });
    return ok({
      items: items.map((item) => presentMessage(context.vault, item)),
      nextCursor: next === null ? null : formatCursor(next),
    });
  };
}

/** One answer for an unknown id, a malformed one and another application's. */
export function messageNotFound(): Result<never> {
  return refuse(
    'message_not_found',
    'There is no such message here. Send one, or look at the id and the API key.',
  );
}
