/** The model of idempotency keys: the same request again changes nothing and answers the same. */
import {
  type Circumstances,
  inOrder,
  type KeptKey,
  type Phase,
  problem,
  type State,
} from './model.ts';
import { keepsRefusals } from './model-doors.ts';
import { hasCome, later } from './moment.ts';
import type { Asking, Expected, Operation } from './operations.ts';

/** What a step comes to: the operation goes on, or it is answered. */
export type Step = { readonly phase: Phase } | { readonly answer: Expected };

const keptMs = 86_400_000;
/** How long a dead node is taken for one that is at work. */
const leaseMs = 10_000;

/** Keys are kept by application and call. */
function nameOf(operation: Asking): string | null {
  return operation.key === null
    ? null
    : `${operation.application} ${operation.kind} ${operation.key}`;
}

/** Our API and our commands over Kafka have the same fields, so they share their keys. */
function bodyOf(operation: Asking): string {
  return JSON.stringify({ ...operation, key: null, door: null });
}

/** What a request with a known key is answered, or where it goes on; null for a new key. */
export function findRepeated(state: State, operation: Asking, at: Circumstances): Step | null {
  const name = nameOf(operation);
  const kept = name === null ? undefined : state.keys[name];
  if (name === null || kept === undefined) return null;
  if (hasCome(later(kept.madeAt, keptMs + 1), at.now, at.choose)) {
    delete state.keys[name];
    return null;
  }
  if (kept.body !== bodyOf(operation)) return { answer: problem(422, 'idempotency_key_reused') };
  if (kept.answer !== null) return { answer: { kind: 'replay', first: kept.answer } };
  // Its node died, or the clock was moved so far that it is taken for dead. Sooner or later that is
  // noticed, and this request finishes what it began.
  const isLeaseOver = hasCome(later(kept.takenAt, leaseMs), at.now, at.choose);
  // A record that is read again waits for as long as it takes, and has no answer meanwhile.
  const mayWait = kept.owner !== at.call && (at.isUnderWay(kept.owner) || at.choose(2) === 1);
  if (!isLeaseOver && mayWait) return { answer: problem(409, 'idempotency_key_in_use') };
  kept.owner = at.call;
  kept.takenAt = at.now;
  return { phase: kept.resumeAt };
}

/** Written with the step's effect. `resumeAt` is where a repeated request goes on after a crash. */
export function keepKey(state: State, operation: Asking, at: Circumstances, resumeAt: Phase): void {
  const name = nameOf(operation);
  if (name === null) return;
  const earlier = state.keys[name];
  const made: KeptKey = {
    body: bodyOf(operation),
    owner: at.call,
    madeAt: earlier?.madeAt ?? at.now,
    takenAt: earlier?.takenAt ?? at.now,
    answer: null,
    resumeAt,
  };
  if (earlier === undefined) state.keys = inOrder({ ...state.keys, [name]: made });
  else state.keys[name] = made;
}

/** The answer of a step: with a key it has to be kept first, which is a step of its own. */
export function answerOrKeep(operation: Asking, answer: Expected): Step {
  return operation.key === null ? { answer } : { phase: { at: 'keep', answer } };
}

/** A refusal has no effect, and leaves nothing to repeat but where its door keeps it. */
export function refuse(operation: Asking, answer: Expected): Step {
  return keepsRefusals(operation.door) ? answerOrKeep(operation, answer) : { answer };
}

/** What another call with the same key has come to since this one was begun; null for nothing. */
export function settledMeanwhile(state: State, operation: Asking): Phase | null {
  const resumeAt = state.keys[nameOf(operation) ?? '']?.resumeAt;
  return resumeAt?.at === 'show-verdict' ? resumeAt : null;
}

/** Nobody else has the key of a record, and that is not read again from here on. */
export function forgetKey(state: State, operation: Operation): void {
  if (operation.kind !== 'advance-clock') delete state.keys[nameOf(operation) ?? ''];
}

export function keepAnswer(
  state: State,
  operation: Asking,
  at: Circumstances,
  answer: Expected,
): Step {
  const name = nameOf(operation) ?? '';
  // What had no effect has no entry so far.
  const isRefusal = answer.kind === 'problem' && state.keys[name] === undefined;
  if (isRefusal) keepKey(state, operation, at, { at: 'keep', answer });
  const kept = state.keys[name];
  // Of two that finished what a dead node began the first one's answer is kept.
  if (kept !== undefined) kept.answer ??= answer.kind === 'replay' ? answer.first : answer;
  return { answer };
}
