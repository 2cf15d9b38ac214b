import type { Application } from '#domain/application.ts';
import { formatId, headOf, idRandomLength } from '#domain/id.ts';
import { isPlain } from '#domain/plain-message.ts';
import { parseRecipient } from '#domain/recipient.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import type { VerificationStatus } from '#domain/verification.ts';
import type { ServiceContext } from '#service/context.ts';
import { openKeptRequest } from '#service/kept-request.ts';
import {
  presentInFull,
  presentVerification,
  presentWithHistory,
} from '#service/present-verification.ts';
import type { Service } from '#service/service.ts';
import type { Vault } from '#service/vault.ts';
import { verificationNotFound } from '#service/verification-not-found.ts';

const statuses: readonly VerificationStatus[] = [
  'pending',
  'approved',
  'failed',
  'expired',
  'canceled',
  'blocked',
];

export function createReadVerification(context: ServiceContext): Service['readVerification'] {
  return async (caller, verificationId) => {
    const found = await context.storage.readVerification(caller.application.id, verificationId);
    if (found === null || isPlain(found.verification)) return verificationNotFound();
    return ok(presentWithHistory(context.vault, found));
  };
}

export function createReadVerificationInFull(
  context: ServiceContext,
): Service['readVerificationInFull'] {
  return async (caller, verificationId) => {
    const found = await context.storage.readVerification(caller.application.id, verificationId);
    if (found === null || isPlain(found.verification)) return verificationNotFound();
    const { sealedRequest } = found.verification;
    const kept = openKeptRequest(context.vault, sealedRequest, verificationId);
    return ok(presentInFull(context.vault, found, kept));
  };
}

/** Newest first. A page may hold fewer than asked while a cursor says that there are more. */
export function createListVerifications(context: ServiceContext): Service['listVerifications'] {
  return async (caller, request) => {
    const { application } = caller;
    const { status } = request;
    if (status !== undefined && !statuses.some((known) => known === status)) {
      return refuse('request_invalid', `The status is one of ${statuses.join(', ')}.`, {
        pointer: '/status',
      });
    }
    const before = readCursor(request.cursor);
    if (!before.ok) return before;
    const recipientHash = recipientHashOf(context.vault, application, request.recipient);
    if (!recipientHash.ok) return recipientHash;
    const { items, next } = await context.storage.listVerifications({
      applicationId: application.id,
      status: status ?? null,
      recipientHash: recipientHash.value,
      purpose: request.purpose ?? null,
      reference: request.reference ?? null,
      limit: request.limit,
      before: before.value,
    });
    return ok({
      items: items.map((item) => presentVerification(context.vault, item)),
      nextCursor: next === null ? null : formatCursor(next),
    });
  };
}

/** What rows of a recipient are found by; null where none is asked for. */
export function recipientHashOf(
  vault: Vault,
  { id, settings }: Application,
  asked: string | undefined,
): Result<string | null> {
  if (asked === undefined) return ok(null);
  const recipient = parseRecipient(asked, { country: settings.country ?? undefined });
  return recipient.ok ? ok(vault.hash('recipient', id, recipient.value.canonical)) : recipient;
}

/** A cursor is the head of an id, in the same spelling. */
export function formatCursor(head: number): string {
  return formatId('vf', head, new Uint8Array(idRandomLength)).slice('vf_'.length, 14);
}

export function readCursor(cursor: string | undefined): Result<number | null> {
  if (cursor === undefined) return ok(null);
  const head =
    cursor.length === 11 ? headOf(`vf_${cursor}${'0'.repeat(idRandomLength)}`, 'vf') : null;
  if (head !== null) return ok(head);
  return refuse('request_invalid', 'The cursor is the nextCursor of an earlier page, unchanged.', {
    pointer: '/cursor',
  });
}
