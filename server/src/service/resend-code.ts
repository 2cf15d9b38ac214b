import { isDeepStrictEqual } from 'node:util';
import type { ApplicationSettings } from '#domain/application.ts';
import { codeEntropyBits, lengthen, makeCode } from '#domain/code.ts';
import { isPlain } from '#domain/plain-message.ts';
import { maskRecipient, parseRecipient } from '#domain/recipient.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { refuseResend } from '#domain/verification.ts';
import {
  budgetEntries,
  type ComposedDelivery,
  composeDeliveries,
} from '#service/compose-messages.ts';
import type { ServiceContext } from '#service/context.ts';
import { deliveryLeaseMs } from '#service/dispatch-deliveries.ts';
import { answerRepeatedVerification, idempotencyEntry, keepAnswer } from '#service/idempotency.ts';
import { openKeptCode, sealKeptCode } from '#service/kept-code.ts';
import {
  type Destination,
  type KeptRequest,
  openKeptRequest,
  sealKeptRequest,
} from '#service/kept-request.ts';
import { ownWaits } from '#service/own-waits.ts';
import type { IdempotencyEntry, LedgerEntry, ResendStep } from '#service/ports.ts';
import { presentVerification } from '#service/present-verification.ts';
import { refuseDestination } from '#service/read-start-request.ts';
import type { VerificationRecord } from '#service/records.ts';
import type { ResendRequest } from '#service/requests.ts';
import { needRoom } from '#service/room-to-send.ts';
import { sendLedgers } from '#service/send-ledgers.ts';
import type { Caller, Service } from '#service/service.ts';
import type { Vault } from '#service/vault.ts';
import { verificationNotFound } from '#service/verification-not-found.ts';
import type { Answer, VerificationView } from '#service/views.ts';
import { refuseWeakCustomCode } from '#service/weak-custom-code.ts';

/** Resending as a step of another verb, which brings its own idempotency entry. */
export type ResendCode = (
  caller: Caller,
  request: ResendRequest,
  entry: IdempotencyEntry | null,
  second?: SecondStart,
) => Promise<Result<Answer<VerificationView>>>;

/** A start that came to be a send of the verification that is live. */
export interface SecondStart {
  /** Where this send goes; null: to where the others went. */
  readonly destinations: readonly Destination[] | null;
  /** What it is counted in beside the ledgers of its destinations. */
  readonly ledgers: readonly LedgerEntry[];
}

/** Two resends at once, or a longer code that is asked for: each needs another round. */
const roundsMax = 4;
/** Older messages than these have been handed over or given up long ago. */
const redirectedMax = 10;

/** Resends through the public door, with the caller's idempotency key. */
export function createResendVerb(
  context: ServiceContext,
  resendCode: ResendCode,
): Service['resendCode'] {
  return async (caller, request, key) => {
    const entry = idempotencyEntry(context.vault, caller, { verb: 'resend', request, key });
    const first = entry === null ? null : await context.storage.findRepeated(entry);
    if (first !== null) return answerRepeatedVerification(context, caller, entry, first);
    return resendCode(caller, request, entry);
  };
}

/**
 * Sends again, on the same channels or on another one. It belongs to the same verification: it
 * spends the send budget, makes a new code unless the application sends the same again, and never
 * refills the guesses.
 */
export function createResendCode(context: ServiceContext): ResendCode {
  const { storage, vault } = context;
  return async (caller, request, entry, second) => {
    let digitsMin: 8 | 10 | null = null;
    for (let round = 0; round < roundsMax; round++) {
      const found = await storage.readVerification(caller.application.id, request.verificationId);
      if (found === null || isPlain(found.verification)) return verificationNotFound();
      const composed = await composeResend(context, caller, {
        verification: found.verification,
        nowMs: found.atMs,
        request,
        second: second ?? null,
        digitsMin,
      });
      if (!composed.ok) {
        // The same request may have come first since it was looked for: then that is the answer.
        const first = entry === null ? null : await storage.findRepeated(entry);
        if (first === null) return composed;
        return answerRepeatedVerification(context, caller, entry, first);
      }
      const { deliveries, step } = composed.value;
      needRoom(context, caller, deliveries);
      const outcome = await storage.resendCode({ ...step, idempotency: entry });
      if (outcome.kind === 'outdated') continue;
      if (outcome.kind === 'code_too_weak') {
        digitsMin = outcome.digitsMin;
        continue;
      }
      if (outcome.kind === 'resent') {
        for (const { message } of deliveries) {
          context.dispatcher.handOver(message, caller.application.settings);
        }
        const { id: verificationId, applicationId } = outcome.verification;
        context.notify({ kind: 'verification', verificationId, applicationId });
        return keepAnswer(context, entry, presentVerification(vault, outcome));
      }
      if (outcome.kind === 'refused') return { ok: false, error: outcome.refusal };
      if (outcome.kind === 'not_found') return verificationNotFound();
      return answerRepeatedVerification(context, caller, entry, outcome);
    }
    return refuse(
      'request_invalid',
      'Other resends of this verification came first. Read it, then resend again if needed.',
    );
  };
}

interface Composing {
  readonly verification: VerificationRecord;
  readonly nowMs: number;
  readonly request: ResendRequest;
  readonly second: SecondStart | null;
  readonly digitsMin: 8 | 10 | null;
}

type ComposedResend = {
  deliveries: ComposedDelivery[];
  step: Omit<Parameters<ServiceContext['storage']['resendCode']>[0], 'idempotency'>;
};

async function composeResend(
  context: ServiceContext,
  { application }: Caller,
  { verification, nowMs, request, second, digitsMin }: Composing,
): Promise<Result<ComposedResend>> {
  const { vault } = context;
  // Storage decides; looking first spares the work.
  const refused = refuseResend(verification, nowMs, application.settings.resendWaitsSeconds);
  if (refused !== null) return { ok: false, error: refused };
  const kept = openKeptRequest(vault, verification.sealedRequest, verification.id);
  if (kept === null) return verificationNotFound();
  if (kept.codeSpec === null && digitsMin !== null)
    return refuseWeakCustomCode('resend', digitsMin);
  const destinations =
    second?.destinations == null
      ? chooseDestinations(application.settings, kept, request)
      : ok(second.destinations);
  if (!destinations.ok) return destinations;
  const renewed = chooseCode(context, { application }, { verification, kept, digitsMin });
  const composed = await composeDeliveries(context, {
    application,
    kept,
    verificationId: verification.id,
    code: renewed.code,
    destinations: destinations.value,
  });
  if (!composed.ok) return composed;
  const budgets = budgetEntries(application, composed.value, destinations.value);
  if (!budgets.ok) return budgets;
  return ok({
    deliveries: composed.value,
    step: {
      applicationId: application.id,
      verificationId: verification.id,
      code: renewed.sealed,
      codeVersion: verification.codeVersion,
      channel: destinations.value[0]?.channel ?? verification.channel,
      deliveries: composed.value.map(({ row }) => row),
      ledgers: [
        ...sendLedgers(
          application.settings,
          destinations.value.map((to) => vault.hash('recipient', application.id, limitKeyOf(to))),
        ),
        ...(second?.ledgers ?? []),
      ],
      ...ownWaits(application.settings),
      ...changeOfRequest(vault, { verification, kept, second }, destinations.value, composed.value),
      budgets: budgets.value,
      leaseMs: deliveryLeaseMs,
    },
  });
}

/**
 * A send to other destinations notes where each of its messages goes, and so does every send after
 * it: a message that is composed again has to find its own.
 */
function changeOfRequest(
  vault: Vault,
  asked: { verification: VerificationRecord; kept: KeptRequest; second: SecondStart | null },
  destinations: readonly Destination[],
  deliveries: readonly ComposedDelivery[],
): Pick<ResendStep, 'changedRequest'> {
  const { verification, kept, second } = asked;
  const wasNoted = Object.keys(kept.redirected).length > 0;
  if (!wasNoted && (second?.destinations == null || goAsBefore(kept, destinations))) return {};
  const noted = deliveries.flatMap(({ row }, index) => {
    const destination = destinations[index];
    return destination === undefined ? [] : [[row.id, destination] as const];
  });
  const redirected = [...Object.entries(kept.redirected), ...noted].slice(-redirectedMax);
  const changed = { ...kept, redirected: Object.fromEntries(redirected) };
  const sealedRequest = sealKeptRequest(vault, changed, verification.id);
  return { changedRequest: { sealedRequest, sendsUsed: verification.sendsUsed } };
}

/** Whether each channel that is used goes to all of its first destinations, in their order. */
function goAsBefore(kept: KeptRequest, destinations: readonly Destination[]): boolean {
  return destinations.every(({ channel }) => {
    const now = destinations.filter((one) => one.channel === channel);
    const before = kept.destinations.filter((one) => one.channel === channel);
    return isDeepStrictEqual(now, before);
  });
}

/** All destinations again, or the recipient on another channel. */
function chooseDestinations(
  settings: ApplicationSettings,
  kept: KeptRequest,
  { channel }: ResendRequest,
): Result<Destination[]> {
  if (channel === undefined) return ok([...kept.destinations]);
  const known = kept.destinations.filter((destination) => destination.channel === channel);
  if (known.length > 0) return ok(known);
  const recipient = parseRecipient(kept.recipient);
  if (!recipient.ok) return recipient;
  const pointers = { channel: '/channel', destination: '/channel' };
  const refused = refuseDestination(settings, channel, recipient.value, pointers);
  if (refused !== null) return refused;
  return ok([{ channel, to: kept.recipient, country: recipient.value.country }]);
}

/** The same code where it is the caller's own or the application wants it; else a new one. */
function chooseCode(
  context: ServiceContext,
  { application }: Pick<Caller, 'application'>,
  parts: { verification: VerificationRecord; kept: KeptRequest; digitsMin: 8 | 10 | null },
): { code: string; sealed: { sealedCode: string; codeBits: number } | null } {
  const { verification, kept, digitsMin } = parts;
  const { vault } = context;
  const { id, applicationId, recipientHash, purpose, sealedCode } = verification;
  const binding = { applicationId, verificationId: id, recipientHash, purpose };
  const keepsCode = kept.codeSpec === null || application.settings.resendCode === 'same';
  if (keepsCode && digitsMin === null) {
    const known = openKeptCode(vault, sealedCode, binding);
    if (known !== null) return { code: known.code, sealed: null };
  }
  const asked = kept.codeSpec ?? application.settings.code;
  const spec = digitsMin === null ? asked : lengthen(asked, digitsMin);
  const code = context.fixedCode(kept.recipient, spec) ?? makeCode(spec, context.randomInt);
  const shownRecipient = maskRecipient(kept.recipient);
  const sealed = sealKeptCode(vault, { code, shownRecipient }, binding);
  return { code, sealed: { sealedCode: sealed, codeBits: codeEntropyBits(spec) } };
}

function limitKeyOf({ to }: Destination): string {
  const recipient = parseRecipient(to);
  return recipient.ok ? recipient.value.limitKey : to;
}
