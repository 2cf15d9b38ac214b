import { timingSafeEqual } from 'node:crypto';
import { guessLengthMax, readGuess } from '#domain/code.ts';
import { addressFailureLimits, addressRange } from '#domain/limits.ts';
import { parseRecipient } from '#domain/recipient.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { assertNever } from '#domain/verification.ts';
import type { ServiceContext } from '#service/context.ts';
import { answerRepeated, idempotencyEntry, keepAnswer } from '#service/idempotency.ts';
import { type KeptCode, openKeptCode } from '#service/kept-code.ts';
import { openKeptRequest } from '#service/kept-request.ts';
import type {
  ConsumeOutcome,
  ConsumeStep,
  FirstEffect,
  GuessedVerification,
  IdempotencyEntry,
  LedgerEntry,
  SettleOutcome,
} from '#service/ports.ts';
import { presentVerification } from '#service/present-verification.ts';
import { readClientAddress, readPurpose, readTransaction } from '#service/read-start-request.ts';
import { recipientHashes } from '#service/recipient-hashes.ts';
import type { VerificationWithDeliveries } from '#service/records.ts';
import type { CheckRequest, Transaction } from '#service/requests.ts';
import { checksLedger } from '#service/send-ledgers.ts';
import type { Caller, Service } from '#service/service.ts';
import { transactionHash } from '#service/transaction-hash.ts';
import { verificationNotFound } from '#service/verification-not-found.ts';
import type { Answer, VerdictView } from '#service/views.ts';

/** One guess: everything of a check request that does not name the verification. */
interface Guess {
  readonly code: string;
  readonly transaction: Transaction | null;
  readonly address: string | null;
  /** What the verification has to be for, and where it has to have begun, if the check says so. */
  readonly meant: Pick<ConsumeStep, 'purpose' | 'origin'>;
}

/**
 * One guess. Three steps, in this order: the guess is consumed and that is durable; the codes are
 * compared in constant time; the result is settled by a conditional update that one caller wins.
 * No order of requests, nodes or crashes compares more than the allowed guesses.
 */
export function createCheckCode(context: ServiceContext): Service['checkCode'] {
  return async (caller, request, key) => {
    const guess = readCheck(request);
    if (!guess.ok) return guess;
    const entry = idempotencyEntry(context.vault, caller, { verb: 'check', request, key });
    const { verificationId } = request;
    const checks = await checksOf(context, caller, verificationId);
    return spendGuess(context, caller, { verificationId, guess: guess.value, entry, checks });
  };
}

/** One guess at the live verification of a recipient and purpose. */
export function createCheckRecipient(context: ServiceContext): Service['checkRecipient'] {
  return async (caller, request, key) => {
    const { application } = caller;
    const guess = readCheck(request);
    if (!guess.ok) return guess;
    const purpose = readPurpose(request.purpose);
    if (!purpose.ok) return purpose;
    const country = request.country ?? application.settings.country ?? undefined;
    const recipient = parseRecipient(request.recipient, { country });
    if (!recipient.ok) return recipient;
    const entry = idempotencyEntry(context.vault, caller, {
      verb: 'check-recipient',
      request,
      key,
    });
    const { vault, storage } = context;
    const { recipientHash, ledgerKey } = recipientHashes(vault, application.id, recipient.value);
    const liveKey = `${purpose.value}\n${recipientHash}`;
    const live = await storage.findLive(application.id, ledgerKey, liveKey);
    const checks = checksLedger(vault, application, ledgerKey);
    // A repeated request must find its first answer although nothing is live any more, and a check
    // counts although there is nothing to check.
    if (live === null && entry === null && checks === null) return verificationNotFound();
    return spendGuess(context, caller, {
      verificationId: live ?? '',
      guess: guess.value,
      entry,
      checks,
    });
  };
}

/** One guess at the newest verification with a reference. */
export function createCheckReference(context: ServiceContext): Service['checkReference'] {
  const { vault, storage } = context;
  return async (caller, request, key) => {
    const guess = readCheck(request);
    if (!guess.ok) return guess;
    const entry = idempotencyEntry(vault, caller, { verb: 'check-reference', request, key });
    const { reference, purpose = null, channel = null, origin = null } = request;
    const { id: applicationId } = caller.application;
    const query = { applicationId, reference, purpose, channel, origin };
    const found = await storage.findByReference(query);
    // A repeated request must find its first answer although a newer one has the reference now.
    if (found === null && entry === null) return verificationNotFound();
    const verificationId = found ?? '';
    const checks = await checksOf(context, caller, verificationId);
    return spendGuess(context, caller, { verificationId, guess: guess.value, entry, checks });
  };
}

/** Whose check it is has to be read first, where the application limits checks. */
async function checksOf(
  { storage, vault }: ServiceContext,
  { application }: Caller,
  verificationId: string,
): Promise<LedgerEntry | null> {
  if (application.settings.limits.recipientChecksMax === 0) return null;
  const found = await storage.readVerification(application.id, verificationId);
  return found === null ? null : checksLedger(vault, application, found.verification.ledgerKey);
}

function readCheck(request: Omit<CheckRequest, 'verificationId'>): Result<Guess> {
  const { code } = request;
  if (code === '' || code.length > guessLengthMax) {
    return refuse('request_invalid', `The code has 1 to ${guessLengthMax} characters.`, {
      pointer: '/code',
    });
  }
  const transaction = readTransaction(request.transaction);
  if (!transaction.ok) return transaction;
  const address = readClientAddress(request.client);
  if (!address.ok) return address;
  const { purpose, origin } = request;
  const meant = {
    ...(purpose === undefined ? {} : { purpose }),
    ...(origin === undefined ? {} : { origin }),
  };
  return ok({ code, transaction: transaction.value, address: address.value, meant });
}

interface Spending {
  readonly verificationId: string;
  readonly guess: Guess;
  readonly entry: IdempotencyEntry | null;
  readonly checks: LedgerEntry | null;
}

async function spendGuess(
  context: ServiceContext,
  caller: Caller,
  { verificationId, guess, entry, checks }: Spending,
): Promise<Result<Answer<VerdictView>>> {
  const { storage, vault } = context;
  const { application } = caller;
  const range = addressRange(guess.address ?? '');
  const addressKey = range === null ? null : vault.hash('address', application.id, range);
  const consumed = await storage.consumeGuess({
    applicationId: application.id,
    verificationId,
    address:
      addressKey === null
        ? null
        : { key: addressKey, limits: addressFailureLimits(application.settings.limits) },
    transactionHash: transactionHash(vault, application.id, guess.transaction) ?? undefined,
    transactionRequired: application.settings.transactionRequiredAtCheck,
    ...guess.meant,
    ...(checks === null ? {} : { checks }),
    idempotency: entry,
  });
  if (consumed.kind !== 'consumed') {
    return answerUnconsumed(context, caller, { guess, entry, addressKey, consumed });
  }
  const { verification, chargedAtMs } = consumed;
  const known = openCodeOf(context, verification);
  const settled = await storage.settleGuess({
    applicationId: application.id,
    verificationId: verification.id,
    codeVersion: verification.codeVersion,
    chargedAtMs,
    isRight: isRightCode(known, guess.code),
    addressKey,
    idempotency: entry,
  });
  const shownRecipient = known?.shownRecipient ?? null;
  return answerSettled(context, caller, { settled, entry, shownRecipient });
}

async function answerUnconsumed(
  context: ServiceContext,
  caller: Caller,
  missed: {
    guess: Guess;
    entry: IdempotencyEntry | null;
    addressKey: string | null;
    consumed: Exclude<ConsumeOutcome, { kind: 'consumed' }>;
  },
): Promise<Result<Answer<VerdictView>>> {
  const { consumed, entry } = missed;
  switch (consumed.kind) {
    case 'not_admitted': {
      const verdict = toVerdict(context, consumed, null, { ...consumed, ...nothingYielded });
      return keepAnswer(context, entry, verdict);
    }
    case 'not_found':
      return verificationNotFound();
    case 'transaction_missing':
      return refuse(
        'request_invalid',
        'This application asks that a check repeats the transaction. Give the same amount, ' +
          'currency and payee as at the start.',
        { pointer: '/transaction' },
      );
    case 'refused':
      return { ok: false, error: consumed.refusal };
    default: {
      const answered = answerRepeated<VerdictView>(context.vault, entry, consumed);
      return 'ok' in answered
        ? answered
        : resumeGuess(context, caller, { ...missed, effect: answered });
    }
  }
}

/**
 * The same request again, after the node that took it died before it answered. Its guess is paid:
 * if it was settled, the answer is made from that; if not, it is compared now.
 */
async function resumeGuess(
  context: ServiceContext,
  caller: Caller,
  lost: {
    guess: Guess;
    entry: IdempotencyEntry | null;
    addressKey: string | null;
    effect: FirstEffect;
  },
): Promise<Result<Answer<VerdictView>>> {
  const { verificationId, outcome } = lost.effect;
  const { entry } = lost;
  const found = await context.storage.readVerification(caller.application.id, verificationId);
  if (found === null) return verificationNotFound();
  if (outcome !== null) {
    const reason = outcome === 'approved' ? null : (outcome as SettleOutcome['reason']);
    const settled = { ...found, reason };
    return answerSettled(context, caller, { settled, entry, shownRecipient: null });
  }
  const known = openCodeOf(context, found.verification);
  const settled = await context.storage.settleGuess({
    applicationId: caller.application.id,
    verificationId,
    codeVersion: found.verification.codeVersion,
    // The charge stays where it is: nobody knows its moment any more, and one too many is safe.
    chargedAtMs: 0,
    isRight: isRightCode(known, lost.guess.code),
    addressKey: lost.addressKey,
    idempotency: entry,
  });
  const shownRecipient = known?.shownRecipient ?? null;
  return answerSettled(context, caller, { settled, entry, shownRecipient });
}

async function answerSettled(
  context: ServiceContext,
  caller: Caller,
  answering: {
    settled: SettleOutcome | null;
    entry: IdempotencyEntry | null;
    shownRecipient: string | null;
  },
): Promise<Result<Answer<VerdictView>>> {
  const { settled, entry, shownRecipient } = answering;
  if (settled === null) return verificationNotFound();
  const { verification, reason } = settled;
  const yielded = reason === null ? await yieldOf(context, caller, settled) : nothingYielded;
  const isEnded = verification.status !== 'pending';
  const isFirstAtEnd = isEnded && (reason === null || reason === 'wrong_code');
  const verdict = toVerdict(context, settled, shownRecipient, { reason, isFirstAtEnd, ...yielded });
  const { id: verificationId, applicationId } = verification;
  context.notify({ kind: 'verification', verificationId, applicationId });
  return keepAnswer(context, entry, verdict);
}

type Yielded = Pick<VerdictView, 'proof' | 'recipientInFull'>;

const nothingYielded: Yielded = { proof: null, recipientInFull: null };

async function yieldOf(
  context: ServiceContext,
  caller: Caller,
  approved: VerificationWithDeliveries,
): Promise<Yielded> {
  const { approvalYields = 'proof' } = caller;
  switch (approvalYields) {
    case 'proof':
      return { ...nothingYielded, proof: await makeProof(context, caller, approved) };
    case 'recipient': {
      const { sealedRequest, id } = approved.verification;
      const kept = openKeptRequest(context.vault, sealedRequest, id);
      return { ...nothingYielded, recipientInFull: kept?.recipient ?? null };
    }
    case 'nothing':
      return nothingYielded;
    default:
      return assertNever(approvalYields);
  }
}

async function makeProof(
  context: ServiceContext,
  caller: Caller,
  { verification, atMs }: VerificationWithDeliveries,
): Promise<string> {
  const { settings } = caller.application;
  const kept = settings.proofIncludesRecipient
    ? openKeptRequest(context.vault, verification.sealedRequest, verification.id)
    : null;
  return context.proofs.sign({
    audience: verification.applicationId,
    subject: verification.recipientHash,
    recipient: kept?.recipient ?? null,
    purpose: verification.purpose,
    verificationId: verification.id,
    channel: verification.channel,
    transactionHash: verification.transactionHash,
    approvedAtMs: verification.finishedAtMs ?? atMs,
    lifetimeSeconds: settings.proofLifetimeSeconds,
  });
}

function toVerdict(
  context: ServiceContext,
  found: VerificationWithDeliveries,
  shownRecipient: string | null,
  told: Pick<VerdictView, 'reason' | 'isFirstAtEnd'> & Yielded,
): VerdictView {
  const view = presentVerification(context.vault, found, shownRecipient);
  const { reason, isFirstAtEnd, proof, recipientInFull } = told;
  return { ...view, approved: reason === null, reason, isFirstAtEnd, proof, recipientInFull };
}

function openCodeOf({ vault }: ServiceContext, verification: GuessedVerification): KeptCode | null {
  const { id: verificationId, applicationId, recipientHash, purpose, sealedCode } = verification;
  const binding = { applicationId, verificationId, recipientHash, purpose };
  return openKeptCode(vault, sealedCode, binding);
}

/**
 * Compares what was typed with the code, in a time that does not depend on where they differ. A
 * code that does not open (its row was moved, its key is gone) is never right.
 */
function isRightCode(known: KeptCode | null, typed: string): boolean {
  if (known === null) return false;
  const code = readGuess(known.code);
  const guess = readGuess(typed);
  const areEqual = timingSafeEqual(padded(codeSide, code ?? ''), padded(guessSide, guess ?? ''));
  // A right guess is the code too.
  codeSide.fill(0);
  guessSide.fill(0);
  return code !== null && guess !== null && areEqual;
}

// Nothing waits between writing and comparing, so one buffer for each side serves everybody: two
// new ones take as long as all the rest of a comparison.
const codeSide = Buffer.alloc(guessLengthMax * 2);
const guessSide = Buffer.alloc(guessLengthMax * 2);

/** Both sides at one length: the comparing of equal lengths tells nothing of the code's. */
function padded(bytes: Buffer, text: string): Buffer {
  bytes.fill(0);
  bytes.write(text, 'utf8');
  return bytes;
}
