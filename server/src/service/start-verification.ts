import type { Application } from '#domain/application.ts';
import { codeEntropyBits, lengthen, makeCode } from '#domain/code.ts';
import { shardOfHash } from '#domain/id.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import {
  budgetEntries,
  type ComposedDelivery,
  composeDeliveries,
  lookUpVariables,
} from '#service/compose-messages.ts';
import type { ServiceContext } from '#service/context.ts';
import { deliveryLeaseMs } from '#service/dispatch-deliveries.ts';
import { answerRepeatedVerification, idempotencyEntry, keepAnswer } from '#service/idempotency.ts';
import { sealKeptCode } from '#service/kept-code.ts';
import {
  type Destination,
  type KeptRequest,
  type OwnContent,
  sealKeptRequest,
} from '#service/kept-request.ts';
import { makeId } from '#service/make-id.ts';
import { ownWaits } from '#service/own-waits.ts';
import type { IdempotencyEntry, LedgerEntry, StartOutcome } from '#service/ports.ts';
import { presentVerification } from '#service/present-verification.ts';
import { type ReadStart, readStartRequest } from '#service/read-start-request.ts';
import { recipientHashes } from '#service/recipient-hashes.ts';
import type { StartRequest } from '#service/requests.ts';
import type { ResendCode } from '#service/resend-code.ts';
import { needRoom } from '#service/room-to-send.ts';
import { addressLedger, sendLedgers, startsLedger } from '#service/send-ledgers.ts';
import type { Caller, Service } from '#service/service.ts';
import { transactionHash } from '#service/transaction-hash.ts';
import type { Answer, VerificationView } from '#service/views.ts';
import { refuseWeakCustomCode } from '#service/weak-custom-code.ts';

/**
 * Makes a code, keeps the verification with its deliveries in one step, and hands the deliveries
 * over. Refused starts leave a `blocked` record and send nothing. The answer does not wait for any
 * provider.
 */
export function createStartVerification(
  context: ServiceContext,
  resendCode: ResendCode,
): Service['startVerification'] {
  return async (caller, request, key) => {
    const { application } = caller;
    const entry = idempotencyEntry(context.vault, caller, { verb: 'start', request, key });
    const first = entry === null ? null : await context.storage.findRepeated(entry);
    if (first !== null) return answerRepeatedVerification(context, caller, entry, first);
    const read = readStartRequest({ application, checkUrl: context.checkUrl }, request);
    if (!read.ok) return read;
    const filled = await fillVariables(context, application, request, read.value);
    if (!filled.ok) return filled;
    let start = filled.value;
    // The recipient's guess budget may ask for a longer code, at most twice (8, then 10 digits).
    for (let round = 0; round < 3; round++) {
      const attempt = await attemptStart(context, caller, { request, start, entry });
      if (!attempt.ok) return attempt;
      const { outcome, deliveries } = attempt.value;
      if (outcome.kind === 'code_too_weak') {
        if (start.customCode !== null) return refuseWeakCustomCode('start', outcome.digitsMin);
        const codeSpec = lengthen(start.codeSpec, outcome.digitsMin);
        start = { ...start, codeSpec, kept: { ...start.kept, codeSpec } };
        continue;
      }
      return finishStart({ context, caller, resendCode }, { start, entry, outcome, deliveries });
    }
    throw new Error('The storage asked for a longer code three times.');
  };
}

async function fillVariables(
  { templates }: ServiceContext,
  application: Application,
  { variablesFrom }: StartRequest,
  start: ReadStart,
): Promise<Result<ReadStart>> {
  if (variablesFrom === undefined) return ok(start);
  const { kept } = start;
  const variables = await lookUpVariables(templates, { application, kept }, variablesFrom);
  if (!variables.ok) return variables;
  return ok({ ...start, kept: { ...kept, variables: variables.value } });
}

interface Attempt {
  readonly request: StartRequest;
  readonly start: ReadStart;
  readonly entry: IdempotencyEntry | null;
}

async function attemptStart(
  context: ServiceContext,
  caller: Caller,
  { request, start, entry }: Attempt,
): Promise<Result<{ outcome: StartOutcome; deliveries: ComposedDelivery[] }>> {
  const { application } = caller;
  const { vault } = context;
  const { kept, shownRecipient } = start;
  const { recipientHash, ledgerKey } = recipientHashes(vault, application.id, start.recipient);
  const id = makeId('vf', shardOfHash(ledgerKey));
  const code = chooseCode(context, start);
  const composed = await composeDeliveries(context, {
    application,
    kept,
    verificationId: id,
    code,
    destinations: kept.destinations,
  });
  if (!composed.ok) return composed;
  needRoom(context, caller, composed.value);
  const budgets = budgetEntries(application, composed.value, kept.destinations);
  if (!budgets.ok) return budgets;
  const binding = {
    applicationId: application.id,
    verificationId: id,
    recipientHash,
    purpose: kept.purpose,
  };
  const outcome = await context.storage.startVerification({
    verification: {
      id,
      applicationId: application.id,
      origin: caller.origin,
      purpose: kept.purpose,
      recipientHash,
      ledgerKey,
      country: start.recipient.country,
      channel: composed.value[0]?.message.channel ?? 'sms',
      sealedCode: sealKeptCode(vault, { code, shownRecipient }, binding),
      sealedRequest: sealKeptRequest(vault, kept, id),
      codeBits: codeEntropyBits(start.codeSpec),
      checksMax: start.checksMax,
      sendsMax: application.settings.sendsMax,
      lifetimeMs: kept.lifetimeSeconds * 1000,
      transactionHash: transactionHash(vault, application.id, kept.transaction),
      reference: request.reference ?? null,
      metadata: request.metadata ?? null,
      hasCallback: kept.callbackUrl !== null,
    },
    deliveries: composed.value.map(({ row }) => row),
    ledgers: startLedgers(context, caller, { request, start, ledgerKey }),
    budgets: budgets.value,
    secondStart: application.settings.secondStart,
    ...ownWaits(application.settings),
    idempotency: entry,
    leaseMs: deliveryLeaseMs,
  });
  return ok({ outcome, deliveries: composed.value });
}

interface FinishParts {
  readonly context: ServiceContext;
  readonly caller: Caller;
  readonly resendCode: ResendCode;
}

async function finishStart(
  parts: FinishParts,
  done: {
    start: ReadStart;
    entry: IdempotencyEntry | null;
    outcome: Exclude<StartOutcome, { kind: 'code_too_weak' }>;
    deliveries: readonly ComposedDelivery[];
  },
): Promise<Result<Answer<VerificationView>>> {
  const { context, caller } = parts;
  const { outcome, entry, start } = done;
  switch (outcome.kind) {
    case 'started': {
      for (const { message } of done.deliveries) {
        context.dispatcher.handOver(message, caller.application.settings);
      }
      const { id, applicationId } = outcome.verification;
      for (const verificationId of [id, outcome.supersededId]) {
        if (verificationId === null) continue;
        context.notify({ kind: 'verification', verificationId, applicationId });
      }
      const view = presentVerification(context.vault, outcome, start.shownRecipient);
      return keepAnswer(context, entry, view);
    }
    case 'refused':
      return { ok: false, error: outcome.refusal };
    case 'live':
      return secondStart(parts, done, outcome.verificationId);
    default:
      return answerRepeatedVerification(context, caller, entry, outcome);
  }
}

/** The application's rule for a start while one is live: one more send of it, or a refusal. */
async function secondStart(
  { context, caller, resendCode }: FinishParts,
  { start, entry }: { start: ReadStart; entry: IdempotencyEntry | null },
  verificationId: string,
): Promise<Result<Answer<VerificationView>>> {
  const { application } = caller;
  const { secondStart: rule } = application.settings;
  if (rule !== 'reject') {
    const { ledgerKey } = recipientHashes(context.vault, application.id, start.recipient);
    return resendCode(caller, { verificationId }, entry, {
      destinations: rule === 'redirect' ? withOwnContent(start.kept) : null,
      ledgers: startsLedger(context.vault, application, ledgerKey),
    });
  }
  return refuse(
    'verification_exists',
    `The verification ${verificationId} of this recipient and purpose is live. Check it, cancel ` +
      'it, or wait until it expires.',
    { verificationId },
  );
}

/** What a second start tells everybody goes with its destinations: the first has its own. */
function withOwnContent({ destinations, text, template }: KeptRequest): Destination[] {
  const own = template === null ? null : { template };
  const content: OwnContent | null = text === null ? own : { text, subject: null, html: null };
  return destinations.map((one) => (content === null ? one : { content, ...one }));
}

function chooseCode(context: ServiceContext, start: ReadStart): string {
  if (start.customCode !== null) return start.customCode;
  const fixed = context.fixedCode(start.kept.recipient, start.codeSpec);
  return fixed ?? makeCode(start.codeSpec, context.randomInt);
}

/** Starts are charged to the client's address as well. */
function startLedgers(
  { vault }: ServiceContext,
  { application }: Caller,
  { request, start, ledgerKey }: Pick<Attempt, 'request' | 'start'> & { ledgerKey: string },
): LedgerEntry[] {
  const { limitKey } = start.recipient;
  // Nearly always the recipient is the one destination, and was hashed for its own ledger.
  const keys = start.destinationKeys.map((key) =>
    key === limitKey ? ledgerKey : vault.hash('recipient', application.id, key),
  );
  return [
    ...sendLedgers(application.settings, keys),
    ...startsLedger(vault, application, ledgerKey),
    ...addressLedger(vault, application, request.client?.address),
  ];
}
