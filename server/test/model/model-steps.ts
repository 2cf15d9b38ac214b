/** One step of one call: what it does to the state, and whether the call is answered by it. */

import {
  type Circumstances,
  findVerification,
  finish,
  type Phase,
  problem,
  type State,
  show,
} from './model.ts';
import { compare, consume, lookUp, lookUpClient } from './model-guesses.ts';
import {
  answerOrKeep,
  findRepeated,
  keepAnswer,
  keepKey,
  refuse,
  type Step,
  settledMeanwhile,
} from './model-keys.ts';
import { resend, resendLive, start } from './model-sends.ts';
import type { Asking, Cancel, Expected, Operation } from './operations.ts';

/** Changes `state`, which must be the caller's own copy. */
export function takeStep(
  state: State,
  operation: Operation,
  phase: Phase,
  at: Circumstances,
): Step {
  switch (operation.kind) {
    case 'advance-clock':
      state.offsetMs += operation.seconds * 1000;
      return { answer: { kind: 'clock' } };
    case 'start':
    case 'resend':
    case 'recipient-resend':
      if (phase.at === 'resend') return resend(state, operation, at, phase.verification);
      if (phase.at !== 'called') return finishCall(state, operation, phase, at);
      if (operation.kind === 'start') return start(state, operation, at);
      return operation.kind === 'resend'
        ? resend(state, operation, at, operation.verification)
        : resendLive(state, operation, at);
    case 'check':
    case 'recipient-check':
    case 'client-check':
      if (phase.at === 'consume') return consume(state, operation, at, phase.verification);
      if (phase.at === 'compare') {
        const settled = settledMeanwhile(state, operation);
        return settled === null
          ? compare(state, operation, at, phase)
          : finishCall(state, operation, settled, at);
      }
      if (phase.at !== 'called') return finishCall(state, operation, phase, at);
      if (operation.kind === 'client-check') return lookUpClient(state, operation);
      return operation.kind === 'check'
        ? consume(state, operation, at, operation.verification)
        : lookUp(state, operation, at);
    case 'cancel':
      return phase.at === 'called'
        ? cancel(state, operation, at)
        : finishCall(state, operation, phase, at);
    default:
      return operation satisfies never;
  }
}

function cancel(state: State, operation: Cancel, at: Circumstances): Step {
  const repeated = findRepeated(state, operation, at);
  if (repeated !== null) return repeated;
  const found = findVerification(state, operation.verification, at);
  if (found === null || found.application !== operation.application) {
    return refuse(operation, problem(404, 'verification_not_found'));
  }
  const isFirstAtEnd = found.status === 'pending';
  if (isFirstAtEnd) finish(found, 'canceled', at.now);
  else if (found.status !== 'canceled') {
    return refuse(operation, problem(409, 'verification_finished'));
  }
  keepKey(state, operation, at, { at: 'show', verification: found.name, status: 200 });
  const view = show(found);
  return answerOrKeep(operation, { kind: 'verification', status: 200, view, isFirstAtEnd });
}

/** The steps after the effect: an answer is made anew for a dead node, an answer is kept. */
function finishCall(state: State, operation: Asking, phase: Phase, at: Circumstances): Step {
  if (phase.at === 'keep') return keepAnswer(state, operation, at, phase.answer);
  if (phase.at !== 'show' && phase.at !== 'show-verdict') {
    throw new Error(`A call cannot go on at ${phase.at}.`);
  }
  const found = findVerification(state, phase.verification, at);
  if (found === null) throw new Error('The effect of a call is gone.');
  const view = show(found);
  const answer: Expected =
    phase.at === 'show'
      ? {
          kind: 'replay',
          first: { kind: 'verification', status: phase.status, view, isFirstAtEnd: false },
        }
      : {
          kind: 'verdict',
          view,
          reason: phase.answer.kind === 'verdict' ? phase.answer.reason : null,
          isFirstAtEnd: false,
        };
  return answerOrKeep(operation, answer);
}
