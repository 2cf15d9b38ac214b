/** The model of guessing: a guess is spent, then compared; both are steps of their own. */

import {
  type Circumstances,
  enter,
  findLive,
  findVerification,
  finish,
  ledgerOf,
  type ModelVerification,
  problem,
  type State,
  show,
} from './model.ts';
import { isKnownAt, rulesFor } from './model-doors.ts';
import { answerOrKeep, findRepeated, keepKey, refuse, type Step } from './model-keys.ts';
import {
  digitsForGuessing,
  digitsOf,
  exceededBy,
  guessingPause,
  type Limit,
} from './model-limits.ts';
import type { Span } from './moment.ts';
import type { Check, CheckReason, ClientCheck, Expected, RecipientCheck } from './operations.ts';

type AnyCheck = Check | RecipientCheck | ClientCheck;

const notFound = problem(404, 'verification_not_found');

/** By recipient: what is live is looked up first, and may have ended when the guess is spent. */
export function lookUp(state: State, operation: RecipientCheck, at: Circumstances): Step {
  const live = findLive(state, operation, at);
  const isCounted = rulesFor(state, operation).checks !== null;
  if (live === null && operation.key === null && !isCounted) return { answer: notFound };
  return { phase: { at: 'consume', verification: live?.name ?? null } };
}

/** By client: the newest one is looked up first, whatever became of it. */
export function lookUpClient(state: State, { client, channel, door }: ClientCheck): Step {
  const found = state.verifications
    .filter((one) => one.client === client && one.channel === channel && one.door === door)
    .sort((one, other) => other.clientStarts - one.clientStarts);
  return { phase: { at: 'consume', verification: found[0]?.name ?? null } };
}

export function consume(
  state: State,
  operation: AnyCheck,
  at: Circumstances,
  name: string | null,
): Step {
  const repeated = findRepeated(state, operation, at);
  if (repeated !== null) return repeated;
  const uncounted = countCheck(state, operation, at);
  if (uncounted !== null) return refuse(operation, problem(429, 'limit_reached', uncounted));
  const found = findVerification(state, name, at);
  if (found === null || found.application !== operation.application) {
    return refuse(operation, notFound);
  }
  if (!isKnownAt(operation.door, found)) return refuse(operation, notFound);
  const reason = reasonNotToCompare(found);
  if (reason !== null) {
    const isFirstAtEnd = reason === 'expired' && !found.isLateNoted;
    found.isLateNoted ||= isFirstAtEnd;
    return refuseGuess(state, operation, at, { found, reason, isFirstAtEnd });
  }
  const ledger = ledgerOf(state, found.application, found.ledger);
  const isBarred =
    digitsOf(found, at) < digitsForGuessing(ledger, at) || guessingPause(ledger, at) !== null;
  if (isBarred) {
    finish(found, 'failed', at.now);
    const reason = 'too_many_checks';
    return refuseGuess(state, operation, at, { found, reason, isFirstAtEnd: true });
  }
  found.checksUsed += 1;
  ledger.failures.push(at.now);
  ledger.failuresSinceSuccess += 1;
  // After a crash nobody knows which entry of the ledger was this guess's, so it stays.
  const resumed = { at: 'compare', verification: found.name, codeVersion: null, chargedAt: null };
  keepKey(state, operation, at, resumed as { at: 'compare' } & typeof resumed);
  const { codeVersion } = found;
  return {
    phase: { at: 'compare', verification: found.name, codeVersion, chargedAt: at.now },
  };
}

/** Where checks are limited each one counts, whatever it comes to; a refused one does not. */
function countCheck(state: State, operation: AnyCheck, at: Circumstances): Limit | null {
  const { checks } = rulesFor(state, operation);
  if (checks === null || operation.kind !== 'recipient-check') return null;
  const entries = ledgerOf(state, operation.application, operation.ledger).checks;
  const exceeded = exceededBy(entries, { ...checks, name: 'recipient_checks' }, 1, at);
  if (exceeded === null) entries.push(at.now);
  return exceeded;
}

/** A verdict without a comparison. */
function refuseGuess(
  state: State,
  operation: AnyCheck,
  at: Circumstances,
  refused: { found: ModelVerification; reason: CheckReason; isFirstAtEnd: boolean },
): Step {
  const { found, reason, isFirstAtEnd } = refused;
  const answer: Expected = { kind: 'verdict', view: show(found), reason, isFirstAtEnd };
  keepKey(state, operation, at, { at: 'show-verdict', verification: found.name, answer });
  return answerOrKeep(operation, answer);
}

function reasonNotToCompare(found: ModelVerification): CheckReason | null {
  switch (found.status) {
    case 'approved':
      return 'already_used';
    case 'failed':
      return 'too_many_checks';
    case 'expired':
      return 'expired';
    case 'canceled':
    case 'blocked':
      return 'canceled';
    case 'pending':
      return found.checksUsed < found.checksMax ? null : 'too_many_checks';
    default:
      return found.status satisfies never;
  }
}

export function compare(
  state: State,
  operation: AnyCheck,
  at: Circumstances,
  guess: {
    readonly verification: string;
    readonly codeVersion: number | null;
    readonly chargedAt: Span | null;
  },
): Step {
  const found = findVerification(state, guess.verification, at);
  if (found === null) throw new Error('A guess was spent at nothing.');
  const reason = settle(state, found, at, {
    isRight: isRight(found, operation.code, at, guess.codeVersion),
    chargedAt: guess.chargedAt,
  });
  const isFirstAtEnd = found.status !== 'pending' && (reason === null || reason === 'wrong_code');
  const answer: Expected = { kind: 'verdict', view: show(found), reason, isFirstAtEnd };
  keepKey(state, operation, at, { at: 'show-verdict', verification: found.name, answer });
  return answerOrKeep(operation, answer);
}

/** Right is the code that was live when the guess was spent and still is. */
function isRight(
  found: ModelVerification,
  typed: string,
  at: Circumstances,
  codeVersion: number | null,
): boolean {
  if (found.status !== 'pending' && codeVersion === null) return false;
  if (codeVersion !== null && codeVersion !== found.codeVersion) return false;
  const code = at.codeOf(found.name, found.codeVersion);
  if (code === undefined) return at.choose(2) === 1;
  return code === typed;
}

function settle(
  state: State,
  found: ModelVerification,
  at: Circumstances,
  guess: { readonly isRight: boolean; readonly chargedAt: Span | null },
): CheckReason | null {
  const isPending = found.status === 'pending';
  const settled = { at: at.now, isRight: guess.isRight };
  enter(
    state.settled[found.application],
    settled,
    (one) => 2 * one.at.fromMs + Number(one.isRight),
  );
  if (guess.isRight) {
    const ledger = ledgerOf(state, found.application, found.ledger);
    const charged = ledger.failures.findLastIndex(
      ({ fromMs, toMs }) => fromMs === guess.chargedAt?.fromMs && toMs === guess.chargedAt.toMs,
    );
    if (charged >= 0) ledger.failures.splice(charged, 1);
    ledger.failuresSinceSuccess = isPending ? 0 : Math.max(0, ledger.failuresSinceSuccess - 1);
  }
  if (!isPending) return reasonNotToCompare(found);
  if (guess.isRight) {
    finish(found, 'approved', at.now);
    return null;
  }
  found.checksWrong += 1;
  // While others are not compared yet, one of them may still be right.
  if (found.checksWrong >= found.checksMax) finish(found, 'failed', at.now);
  return 'wrong_code';
}
