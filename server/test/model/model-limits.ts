/** The model of docs/reference/limits.md: what may still be sent to and guessed for a person. */
import {
  type Circumstances,
  type Ledger,
  ledgerOf,
  type ModelVerification,
  type State,
} from './model.ts';
import type { Rules } from './model-doors.ts';
import { hasCome, later, type Span } from './moment.ts';
import type { ApplicationName, Destination, Start } from './operations.ts';

export interface Limit {
  readonly name: string;
  /** When there is room again. */
  readonly until: Span;
}

const hourMs = 3_600_000;
const dayMs = 86_400_000;
/** Every message of the tests has one part at this price; see `targets.ts`. */
export const messageCents = 5;

/**
 * What a rule makes of how many entries are younger than the window; they are in the order of time.
 * Where their number is not certain, only numbers that make a difference are different ways to go.
 */
function judgeYounger<Verdict>(
  entries: readonly Span[],
  windowMs: number,
  at: Circumstances,
  judge: (count: number) => Verdict,
): Verdict {
  const ends = entries.map((entry) => later(entry, windowMs));
  const surely = ends.filter((end) => at.now.toMs < end.fromMs).length;
  const possibly = ends.filter((end) => at.now.fromMs < end.toMs).length;
  const first = judge(surely);
  const verdicts = new Set([first]);
  for (let count = surely + 1; count <= possibly; count++) verdicts.add(judge(count));
  return (verdicts.size > 1 ? [...verdicts][at.choose(verdicts.size)] : first) ?? first;
}

/** Every limit that has no room for the messages. */
export function exceededSendLimits(
  state: State,
  { application, rules }: { readonly application: ApplicationName; readonly rules: Rules },
  destinations: readonly Destination[],
  at: Circumstances,
): Limit[] {
  const intervalMs = rules.recipientSendIntervalSeconds * 1000;
  const limits = [
    { name: 'recipient_sends_interval', windowMs: intervalMs, max: 1 },
    { name: 'recipient_sends_hour', windowMs: hourMs, max: rules.recipientSendsHourMax },
    { name: 'recipient_sends_day', windowMs: dayMs, max: rules.recipientSendsDayMax },
  ];
  const exceeded: Limit[] = [];
  for (const [ledger, count] of messagesByLedger(destinations)) {
    const { sends } = ledgerOf(state, application, ledger);
    for (const limit of limits) {
      // The interval is one between starts: the messages of one start go out together.
      const wanted = limit.name === 'recipient_sends_interval' ? 1 : count;
      exceeded.push(...asList(exceededBy(sends, limit, wanted, at)));
    }
  }
  return exceeded;
}

/** Null where there is room for so many more entries. */
export function exceededBy(
  entries: readonly Span[],
  { name, windowMs, max }: { name: string; windowMs: number; max: number },
  wanted: number,
  at: Circumstances,
): Limit | null {
  const young = judgeYounger(entries, windowMs, at, (count) => count);
  const excess = young + wanted - max;
  if (excess <= 0) return null;
  // Room comes when as many as are too many have left; more than there are never fits.
  const leaving = entries[entries.length - young + Math.min(excess, young) - 1] ?? at.now;
  return { name, until: later(leaving, windowMs) };
}

export function asList<Item>(item: Item | null): Item[] {
  return item === null ? [] : [item];
}

/** Starts by a door that limits them: of the recipient, wherever their messages go. */
export function exceededStarts(
  state: State,
  operation: Start,
  { startsHourMax: max }: Rules,
  at: Circumstances,
): Limit | null {
  if (max === null) return null;
  const { starts } = ledgerOf(state, operation.application, operation.ledger);
  return exceededBy(starts, { name: 'recipient_starts_hour', windowMs: hourMs, max }, 1, at);
}

export function enterSends(
  state: State,
  application: ApplicationName,
  destinations: readonly Destination[],
  now: Span,
): void {
  for (const [ledger, count] of messagesByLedger(destinations)) {
    const entries = ledgerOf(state, application, ledger).sends;
    for (let message = 0; message < count; message++) entries.push(now);
  }
}

function messagesByLedger(destinations: readonly Destination[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { ledger } of destinations) counts.set(ledger, (counts.get(ledger) ?? 0) + 1);
  return counts;
}

/** 50 failures in a day: a pause that doubles. 100 without a success: a month. */
export function guessingPause(ledger: Ledger, at: Circumstances): Limit | null {
  const last = ledger.failures.at(-1);
  if (last === undefined) return null;
  if (ledger.failuresSinceSuccess >= 100) {
    const until = later(last, 30 * dayMs);
    if (!hasCome(until, at.now, at.choose)) return { name: ceilingName, until };
  }
  const pauseMs = judgeYounger(ledger.failures, dayMs, at, (failures) =>
    failures < 50 ? 0 : Math.min(hourMs * 2 ** (failures - 50), dayMs),
  );
  if (pauseMs === 0) return null;
  const until = later(last, pauseMs);
  return hasCome(until, at.now, at.choose) ? null : { name: 'recipient_failed_guesses_day', until };
}

const ceilingName = 'recipient_failed_guesses_ceiling';

/** How many digits a code must be worth to be guessed at. */
export function digitsForGuessing(ledger: Ledger, at: Circumstances): number {
  return judgeYounger(ledger.failures, dayMs, at, (failures) => {
    if (failures >= 20) return 10;
    return failures >= 10 ? 8 : 0;
  });
}

/** How many digits a new code must be worth: somebody spraying makes all of them longer. */
export function digitsForSending(
  state: State,
  application: ApplicationName,
  ledger: Ledger,
  at: Circumstances,
): number {
  const digits = digitsForGuessing(ledger, at);
  if (digits > 0) return digits;
  return isSprayed(state, application, at) ? 8 : 0;
}

/**
 * Within five minutes a hundred wrong guesses at an application, three times the right ones. How
 * the minutes are cut is not said, so one minute more or less may count.
 */
function isSprayed(state: State, application: ApplicationName, at: Circumstances): boolean {
  const within = (isRight: boolean, windowMs: number) =>
    state.settled[application].filter(
      (one) => one.isRight === isRight && later(one.at, windowMs).toMs > at.now.fromMs,
    ).length;
  const mostWrong = within(false, 360_000);
  if (mostWrong < 100 || mostWrong <= 3 * within(true, 240_000)) return false;
  const leastWrong = within(false, 240_000);
  if (leastWrong >= 100 && leastWrong > 3 * within(true, 360_000)) return true;
  return at.choose(2) === 1;
}

/** How many digits the code is worth; a letter among its symbols is worth more than a digit. */
export function digitsOf(verification: ModelVerification, at: Circumstances): number {
  const code = at.codeOf(verification.name, verification.codeVersion);
  if (code === undefined) return verification.codeLength;
  return /^\d+$/.test(code) ? code.length : code.length * Math.log10(23);
}

/** Null when the budget of the day has room for so many messages. */
export function exceededBudget(
  state: State,
  application: ApplicationName,
  messages: number,
  at: Circumstances,
): { limit: Limit; day: string } | { limit: null; day: string } {
  const { dailyBudgetCents } = state.settings[application];
  const days = [dayOf(at.now.fromMs), dayOf(at.now.toMs)];
  const day = (days[0] === days[1] ? days[0] : days[at.choose(2)]) ?? '';
  if (dailyBudgetCents === null) return { limit: null, day };
  const spent = state.spentCents[day] ?? 0;
  if (spent + messages * messageCents <= dailyBudgetCents) return { limit: null, day };
  if (at.mayGiveBack && spent > 0 && at.choose(2) === 1) return { limit: null, day };
  const midnightMs = Date.parse(day) + dayMs;
  const until = { fromMs: midnightMs, toMs: midnightMs };
  return { limit: { name: 'application_budget_day', until }, day };
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
