/**
 * Can what several clients were answered at the same time have happened at all?
 *
 * A history is linearizable (Herlihy and Wing 1990) when its calls can be put in one order, each at
 * a moment between its call and its return, such that the model answers every one of them as the
 * server did. The search is that of Wing and Gong (1993), with the seen positions remembered as
 * Lowe does (2017).
 *
 * Our calls are not one atomic step each: a guess is spent, then compared; an answer is kept under
 * its key after the effect. So what is ordered are the steps of calls, and the model is a program
 * per call rather than one function. A step may be taken next when every call that is not over was
 * not yet answered when this one began: otherwise that one's last step came before this call.
 *
 * Why that is the guess counter as a linearizable register, and more: a position holds the model's
 * whole state, and `consume` of the model is the only step that lets a guess be compared. It adds
 * one to the counter and needs it to be below `checksMax`, needs the recipient's budget, and a
 * status of `pending`. So a history with one comparison too many, an approval with a dead code, a
 * second one, one after an answered cancel, or a failed guess beyond the budget has no order in
 * which the model gives its answers, and no states are left. Conversely each order that is found is
 * a run of the model that explains every answer. The search is exhaustive, hence exact for the
 * model; it ends, because each step brings a call further and calls have at most five.
 *
 * A call that was cut off by a crash may have stopped after any of its steps, the first included.
 * One that came by a record of a log is answered all the same: it is begun anew after any of its
 * steps, as often as a node died, and finds what it has done so far by its key.
 */
import { difference } from './matching.ts';
import {
  type Circumstances,
  copyOf,
  Impossible,
  type ModelVerification,
  type Phase,
  type State,
} from './model.ts';
import { forgetKey, type Step } from './model-keys.ts';
import { takeStep } from './model-steps.ts';
import { everyBranch, later, type Span } from './moment.ts';
import type { Call, Expected } from './operations.ts';

export interface History {
  readonly calls: readonly Call[];
  /** From the first call to the last return, by the machine's clock. */
  readonly span: Span;
  readonly mayGiveBack: boolean;
  codeOf(verification: string, codeVersion: number): string | undefined;
  nameOf(id: string): string | undefined;
  /** Of everything that was started with this reference. */
  namesOf(reference: string): readonly string[];
  isBlocked(reference: string, reason: string): boolean;
  /** Guesses of others, which are not in it, may have made every new code longer. */
  readonly mayBeSprayed?: boolean;
}

export interface Explanation {
  /** Every state that the server may be in now; none when the history cannot have happened. */
  readonly states: readonly State[];
  /** For people: what kept the search from going on where it came furthest. */
  readonly obstacles: readonly string[];
}

/** Where the search stands: the state, and the phase of each call; null for one that is over. */
interface Position {
  readonly state: State;
  readonly phases: readonly (Phase | null)[];
  /** How often each call was begun anew so far. */
  readonly cuts: readonly number[];
}

const positionsMax = 200_000;

export function explain(states: readonly State[], history: History): Explanation {
  const phases = history.calls.map((): Phase => ({ at: 'called' }));
  const cuts = history.calls.map(() => 0);
  const waiting: Position[] = states.map((state) => ({ state, phases, cuts }));
  const looks = history.calls.map(lookOf);
  const seen = new Set<string>();
  // One call alone comes to hardly any position twice, and telling them apart is half of the work.
  const isAlone = history.calls.length === 1;
  let positions = 0;
  const ends = new Map<string, State>();
  const obstacles = new Map<string, number>();
  while (true) {
    const position = waiting.pop();
    if (position === undefined) break;
    if (!isAlone) {
      const name = nameOfPosition(position);
      if (seen.has(name)) continue;
      seen.add(name);
    }
    positions += 1;
    if (positions > positionsMax) throw new Error('The history is too large to be checked.');
    if (isOver(position, history)) ends.set(nameOfState(position.state), position.state);
    for (const index of nextCalls(position, history, looks)) {
      for (const after of stepsOf(position, index, history, obstacles)) waiting.push(after);
      waiting.push(...beginAgain(position, index, history));
    }
  }
  const furthest = Math.max(...obstacles.values());
  return {
    states: [...ends.values()],
    obstacles: [...obstacles].filter(([, done]) => done === furthest).map(([text]) => text),
  };
}

/** Most positions differ from the one before in one phase, so the others are written down once. */
const phaseNames = new WeakMap<Phase, string>();

function nameOfPosition({ state, phases, cuts }: Position): string {
  const names = phases.map((phase) => (phase === null ? '' : nameOfPhase(phase)));
  return nameOfState(state) + names.join() + cuts.join();
}

/** Settings do not change within a history. */
function nameOfState(state: State): string {
  const verifications = state.verifications.map(withoutGuesses);
  return JSON.stringify({ ...state, verifications, settings: null });
}

/** How many guesses it took says nothing any more once it has ended. */
function withoutGuesses(verification: ModelVerification): ModelVerification {
  const isPending = verification.status === 'pending';
  return isPending ? verification : { ...verification, checksUsed: 0, checksWrong: 0 };
}

function nameOfPhase(phase: Phase): string {
  const known = phaseNames.get(phase);
  if (known !== undefined) return known;
  const name = JSON.stringify(phase);
  phaseNames.set(phase, name);
  return name;
}

/** Only calls that were never answered may stand open. */
function isOver({ phases }: Position, { calls }: History): boolean {
  return calls.every((call, index) => call.returnedAs === null || phases[index] === null);
}

/**
 * The calls whose step may come next. Of calls that cannot be told apart only the one that returned
 * first is tried: wherever another one's step comes first, the two may change places.
 */
function nextCalls({ phases }: Position, { calls }: History, looks: readonly string[]): number[] {
  const open = [...calls.keys()].filter((index) => phases[index] !== null);
  const returnOf = (index: number): number => calls[index]?.returnedAs ?? Number.POSITIVE_INFINITY;
  const firstReturn = Math.min(...open.map(returnOf));
  const next = open.filter((index) => {
    const { calledAs = 0, lane } = calls[index] ?? {};
    const isHeldUp =
      lane !== undefined && open.some((other) => other < index && calls[other]?.lane === lane);
    return calledAs < firstReturn && !isHeldUp;
  });
  const tried = new Set<string>();
  return next
    .sort((one, other) => returnOf(one) - returnOf(other))
    .filter((index) => {
      const phase = phases[index];
      // The owner of a key is known by its number, so from there on it is one of a kind.
      if (looks[index]?.startsWith(keyed) === true && phase?.at !== 'called') return true;
      const name = phase === null || phase === undefined ? '' : nameOfPhase(phase);
      const look = `${looks[index]} ${name}`;
      if (tried.has(look)) return false;
      tried.add(look);
      return true;
    });
}

const keyed = 'keyed';

/** What tells a call from others: its operation, and what of its answer is compared. */
function lookOf({ operation, answer }: Call): string {
  const { deliveries, proof, ...body } = answer?.body ?? {};
  const shown = { ...answer, text: null, body: { ...body, requestId: null } };
  const isKeyed = operation.kind !== 'advance-clock' && operation.key !== null;
  return (isKeyed ? keyed : '') + JSON.stringify([operation, shown, deliveries?.length, !proof]);
}

function stepsOf(
  position: Position,
  index: number,
  history: History,
  obstacles: Map<string, number>,
): Position[] {
  const call = history.calls[index];
  const phase = position.phases[index];
  if (call === undefined || !phase) return [];
  const now = later(call.span ?? history.span, position.state.offsetMs);
  const branches = everyBranch((choose): { state: State; step: Step } | null => {
    const state = copyOf(position.state);
    const circumstances: Circumstances = {
      now,
      choose,
      call: call.number,
      isConcurrent: history.calls.length > 1 || history.mayBeSprayed === true,
      mayGiveBack: history.mayGiveBack,
      codeOf: history.codeOf,
      namesFor: (reference) => namesFor(call, reference, history, state),
      isBlocked: history.isBlocked,
      isUnderWay: (number) => {
        const at = history.calls.findIndex((one) => one.number === number);
        return at >= 0 && position.phases[at] !== null;
      },
    };
    try {
      const step = takeStep(state, call.operation, phase, circumstances);
      if (!('phase' in step) || !canKeepAtOnce(call, history, step.phase)) return { state, step };
      return { state, step: takeStep(state, call.operation, step.phase, circumstances) };
    } catch (error) {
      if (error instanceof Impossible) return null;
      throw error;
    }
  });
  return branches.flatMap((branch): Position[] => {
    if (branch === null) return [];
    const { state, step } = branch;
    const answer = 'answer' in step ? step.answer : answerAhead(step.phase);
    const differs = answer === null ? null : differenceOf(call, answer, now, history);
    if (differs !== null) {
      const done = position.phases.filter((one) => one === null).length;
      obstacles.set(`call ${call.number} (${call.operation.kind}): ${differs}`, done);
      return [];
    }
    const next = 'phase' in step ? step.phase : null;
    if (next === null && call.lane !== undefined) forgetKey(state, call.operation);
    return [{ ...position, state, phases: position.phases.with(index, next) }];
  });
}

/**
 * A record is read again where its node died before the end, or lost it to another one. Of a lane
 * one call at a time is under way, so each death cuts one of them.
 */
function beginAgain({ state, phases, cuts }: Position, index: number, { calls }: History) {
  const { lane, cutsMax = 0 } = calls[index] ?? {};
  const phase = phases[index];
  if (!phase || phase.at === 'called' || cutsMax === 0) return [];
  const spent = cuts.filter((_, other) => calls[other]?.lane === lane);
  if (spent.reduce((sum, one) => sum + one, 0) >= cutsMax) return [];
  const again = cuts.with(index, (cuts[index] ?? 0) + 1);
  return [{ state, phases: phases.with(index, { at: 'called' }), cuts: again }];
}

function namesFor(
  call: Call,
  reference: string,
  history: History,
  state: State,
): readonly string[] {
  const { answer } = call;
  const id = answer?.shown === undefined ? answer?.body.id : answer.shown.alternatives[0]?.id;
  const name = history.nameOf(id ?? '');
  if (name !== undefined) return [name];
  const names = history.namesOf(reference);
  const isInOrder = history.calls.every(
    ({ operation, lane }) =>
      operation.kind !== 'start' || operation.reference !== reference || lane === call.lane,
  );
  if (call.lane === undefined || !isInOrder) return names;
  // They were listed in their order: the next one is the first that the model has not.
  const taken = state.verifications.map((verification) => verification.name);
  return names.filter((one) => !taken.includes(one)).slice(0, 1);
}

/**
 * Nobody but a call with the same key can tell whether an answer is kept already. Where there is
 * none, and no crash came between, the keeping need not be ordered among the steps of others.
 */
function canKeepAtOnce(call: Call, { calls }: History, phase: Phase): boolean {
  if (phase.at !== 'keep' || call.returnedAs === null) return false;
  if (call.cutsMax && !isSameAlways(phase.answer, call)) return false;
  return calls.every((other) => other === call || keyOf(other) !== keyOf(call));
}

/** What a call that was begun anew answers as it would have before: a word, and it is done. */
function isSameAlways({ kind }: Expected, { answer }: Call): boolean {
  const shown = answer?.shown?.alternatives ?? [];
  const isWord = shown.length > 0 && shown.every((facts) => Object.keys(facts).length === 1);
  return isWord && kind !== 'problem';
}

function keyOf({ operation }: Call): string | null {
  return operation.kind === 'advance-clock' ? null : operation.key;
}

/** An answer that is known before it is kept spares the search what comes after it. */
function answerAhead(phase: Phase): Expected | null {
  return phase.at === 'keep' ? phase.answer : null;
}

function differenceOf(
  call: Call,
  expected: Expected,
  now: Span,
  { nameOf }: History,
): string | null {
  if (call.answer === null) return null;
  const isPage = call.operation.kind === 'check' && call.operation.door === 'phone';
  return difference(expected, call.answer, { now, isPage, nameOf });
}
