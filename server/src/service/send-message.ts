import { shardOfHash } from '#domain/id.ts';
import { messageLifeMs, plainCodeVersion } from '#domain/plain-message.ts';
import { ok, type Result } from '#domain/refusal.ts';
import { budgetEntries, type ComposedDelivery } from '#service/compose-messages.ts';
import type { ServiceContext } from '#service/context.ts';
import { deliveryLeaseMs } from '#service/dispatch-deliveries.ts';
import { answerRepeated, idempotencyEntry, keepAnswer } from '#service/idempotency.ts';
import { sealKeptRequest } from '#service/kept-request.ts';
import { makeId } from '#service/make-id.ts';
import { composeMessageText, contentPointer } from '#service/message-content.ts';
import { composePlainDelivery, type SecretText, sealSecretText } from '#service/plain-messages.ts';
import type { IdempotencyEntry, Repeated, StartStep } from '#service/ports.ts';
import { presentMessage } from '#service/present-message.ts';
import { type ReadMessage, readMessageRequest } from '#service/read-message-request.ts';
import { messageNotFound } from '#service/read-messages.ts';
import { recipientHashes } from '#service/recipient-hashes.ts';
import type { MessageRequest } from '#service/requests.ts';
import { needRoom } from '#service/room-to-send.ts';
import { addressLedger, sendLedgers } from '#service/send-ledgers.ts';
import type { Caller, Service } from '#service/service.ts';
import type { Answer, MessageView } from '#service/views.ts';

/**
 * Sends a text of the caller's own, now or at its moment. It is kept in the same step, charged to
 * the same limits and budgets and handed over in the same way as the message of a verification
 * (`domain/plain-message.ts`).
 */
export function createSendMessage(context: ServiceContext): Service['sendMessage'] {
  const { storage, vault } = context;
  return async (caller, request, key) => {
    const { application } = caller;
    const entry = idempotencyEntry(vault, caller, { verb: 'send-message', request, key });
    const first = entry === null ? null : await storage.findRepeated(entry);
    if (first !== null) return answerAgain(context, caller, entry, first);
    const nowMs = request.sendAtMs === undefined ? 0 : await storage.now();
    const read = readMessageRequest(application, request, nowMs);
    if (!read.ok) return read;
    const { kept, content, recipient } = read.value;
    const { code = null } = request;
    const said = await composeMessageText(context.templates, { application, kept, content, code });
    if (!said.ok) return said;
    const { secret, language } = said.value;
    const written = { ...{ request, entry, recipient, secret }, kept: { ...kept, language } };
    const composed = composeStep(context, caller, written);
    if (!composed.ok && composed.error.pointer === undefined) {
      return { ok: false, error: { ...composed.error, pointer: contentPointer(content) } };
    }
    if (!composed.ok) return composed;
    const { step, delivery } = composed.value;
    if (request.sendAtMs === undefined) needRoom(context, caller, [delivery]);
    const outcome = await storage.startVerification(step);
    switch (outcome.kind) {
      case 'started':
        if (request.sendAtMs === undefined) {
          context.dispatcher.handOver(delivery.message, application.settings);
        }
        return keepAnswer(context, entry, presentMessage(vault, outcome));
      case 'refused':
        return { ok: false, error: outcome.refusal };
      case 'live':
      case 'code_too_weak':
        throw new Error('A plain message was taken for a verification.');
      default:
        return answerAgain(context, caller, entry, outcome);
    }
  };
}

/** A request with its words. */
interface Written extends Pick<ReadMessage, 'kept' | 'recipient'> {
  readonly request: MessageRequest;
  readonly secret: SecretText;
  readonly entry: IdempotencyEntry | null;
}

function composeStep(
  { vault, routes }: ServiceContext,
  { application, origin }: Caller,
  written: Written,
): Result<{ step: StartStep; delivery: ComposedDelivery }> {
  const { request, kept, recipient, secret, entry } = written;
  const { id: applicationId } = application;
  const { recipientHash, ledgerKey } = recipientHashes(vault, applicationId, recipient);
  const id = makeId('vf', shardOfHash(ledgerKey));
  const composed = composePlainDelivery(routes, { application, kept, secret }, id);
  if (!composed.ok) return composed;
  const delivery = composed.value;
  const budgets = budgetEntries(application, [delivery], kept.destinations);
  if (!budgets.ok) return budgets;
  const { purpose } = kept;
  const binding = { applicationId, verificationId: id, recipientHash, purpose };
  const step: StartStep = {
    verification: {
      id,
      applicationId,
      origin,
      purpose,
      recipientHash,
      ledgerKey,
      country: recipient.country,
      channel: delivery.message.channel,
      sealedCode: sealSecretText(vault, secret, binding),
      sealedRequest: sealKeptRequest(vault, kept, id),
      codeBits: 0,
      codeVersion: plainCodeVersion,
      checksMax: 0,
      sendsMax: 1,
      lifetimeMs: messageLifeMs,
      transactionHash: null,
      reference: request.reference ?? null,
      metadata: request.metadata ?? null,
      hasCallback: false,
    },
    deliveries: [delivery.row],
    ledgers: [
      ...sendLedgers(application.settings, [ledgerKey]),
      ...addressLedger(vault, application, request.client?.address),
    ],
    budgets: budgets.value,
    // Nothing is live for it, so no rule has anything to say.
    secondStart: 'supersede',
    ...(request.sendAtMs === undefined ? {} : { sendAtMs: request.sendAtMs }),
    // It is sent once: what a row has as its next moment is a message's own, which is now.
    resendWaitsSeconds: [0],
    idempotency: entry,
    leaseMs: deliveryLeaseMs,
  };
  return ok({ step, delivery });
}

async function answerAgain(
  context: ServiceContext,
  caller: Caller,
  entry: IdempotencyEntry | null,
  repeated: Repeated,
): Promise<Result<Answer<MessageView>>> {
  const answered = answerRepeated<MessageView>(context.vault, entry, repeated);
  if ('ok' in answered) return answered;
  const { verificationId } = answered;
  const found = await context.storage.readVerification(caller.application.id, verificationId);
  if (found === null) return messageNotFound();
  const kept = await keepAnswer(context, entry, presentMessage(context.vault, found));
  return kept.ok ? ok({ ...kept.value, isReplay: true }) : kept;
}
