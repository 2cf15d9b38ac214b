/**
 * One sequence of commands against a server: calls are made, then explained by the model, then
 * what the server shows is compared with every state that explains them.
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from './client.ts';
import { type CodeBook, createCodeBook } from './code-book.ts';
import type { Vendors } from './doors/vendors.ts';
import { reportFailure } from './failure-report.ts';
import { explain, type History } from './history-checker.ts';
import { assertAnswers, assertMessages, assertNoCode } from './invariants.ts';
import { defaultSettings, emptyState, type Settings, type State } from './model.ts';
import type { Span } from './moment.ts';
import { observe } from './observe.ts';
import type { ApplicationName, Call, DoorName, Operation } from './operations.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { createExtremes, type Extremes, patchFor } from './settings-in-force.ts';
import { aheadMsMax, type Target } from './targets.ts';
import { createWatch } from './watch.ts';

/** One client's calls, one after the other. */
export type Line = readonly { readonly operation: Operation; readonly node: number }[];

export interface Crash {
  readonly node: number;
  /** How long after the first call. */
  readonly afterMs: number;
}

export interface Session {
  /** Makes names of this sequence that no other one has. */
  readonly prefix: string;
  readonly calls: readonly Call[];
  /** Verifications that were started, newest first. */
  known(): readonly KnownVerification[];
  /** As the phone shows them, the oldest first. */
  codesOf(verification: string): readonly string[];
  /** Makes names within the sequence. */
  nextNumber(): number;
  /** The lines run at the same time; with `crash` its node is killed meanwhile, and restarted. */
  run(lines: readonly Line[], crash?: Crash): Promise<void>;
  change(settings: Partial<Settings>): Promise<void>;
}

export interface KnownVerification {
  readonly name: string;
  readonly application: ApplicationName;
  /** Through which it began. */
  readonly door: DoorName;
  readonly recipient: string;
  readonly purpose: string;
  /** Of FlowX.AI's. */
  readonly client?: string;
}

let sessions = 0;

/** What the settings of a target were last made to be. */
const inForce = new WeakMap<Target, Partial<Settings>>();
/** The door of topics reads settings anew once a second. */
const topicsFreshMs = 1_100;

/** How far the clock of a target is ahead, in milliseconds, where the last sequence knew it. */
const offsets = new WeakMap<Target, number>();

export async function openSession(
  target: Target,
  { client, vendors }: { readonly client: Client; readonly vendors: Vendors },
  initial: Partial<Settings> = {},
): Promise<Session> {
  const prefix = `s${sessions++}`;
  const book = createCodeBook(prefix);
  const recorder = createRecorder(target, client, { idOf: book.idOf, vendors });
  const extremes = createExtremes();
  const check = createCheck(target, client, { prefix, book, recorder });
  const settings = { ...defaultSettings, ...initial };
  const fresh = emptyState(offsets.get(target) ?? (await readOffset(target, client)));
  await changeSettings(target, client, { settings, isReset: true });
  extremes.enter(settings);
  let states: readonly State[] = [{ ...fresh, settings: { ...fresh.settings, own: settings } }];
  let numbers = 0;
  let hasCrashed = false;
  /** The clock was moved while other calls were under way. */
  let isTimeBlurred = false;

  async function runAtOnce(lines: readonly Line[], crash?: Crash): Promise<void> {
    offsets.delete(target);
    const fromMs = Date.now() - 1;
    const running = lines.map((line) => runLine(recorder, line));
    if (crash !== undefined) {
      hasCrashed = true;
      await pause(crash.afterMs);
      await target.kill(crash.node);
    }
    // One that fails waits for the others: their calls must not come into the next sequence.
    await Promise.allSettled(running);
    const calls = (await Promise.all(running)).flat();
    isTimeBlurred ||=
      lines.length > 1 && calls.some(({ operation }) => operation.kind === 'advance-clock');
    const span = { fromMs, toMs: Date.now() + aheadMsMax };
    if (crash !== undefined) await target.restart(crash.node);
    const flags = { hasCrashed, isTimeBlurred };
    states = await check({ states, calls, span, ...flags, extremes: extremes.get() });
    const [known, ...others] = new Set(states.map(({ offsetMs }) => offsetMs));
    if (known !== undefined && others.length === 0) offsets.set(target, known);
  }

  return {
    prefix,
    get calls() {
      return recorder.calls;
    },
    known: book.known,
    codesOf: book.codesOf,
    nextNumber: () => numbers++,
    async change(settings) {
      await changeSettings(target, client, { settings, isReset: false });
      states = states.map((state) => {
        const own = { ...state.settings.own, ...settings };
        extremes.enter(own);
        return { ...state, settings: { ...state.settings, own } };
      });
    },
    async run(lines, crash) {
      const [moves, calls] = target.isShared ? movesApart(lines) : [[], lines];
      for (const move of moves) await runAtOnce([[move]]);
      await runAtOnce(calls, crash);
    },
  };
}

/**
 * Nodes on one database read the time with the rows and write a little later. No clock that runs by
 * itself makes that differ; one that is moved in between does: an effect comes after the move, with
 * the time before it. So there the clock is moved before the calls, not beside them.
 */
function movesApart(lines: readonly Line[]): [moves: Line, calls: readonly Line[]] {
  const isMove = ({ operation }: Line[number]) => operation.kind === 'advance-clock';
  return [lines.flat().filter(isMove), lines.map((line) => line.filter((one) => !isMove(one)))];
}

/** A client that is cut off makes no further call: it does not know what became of the last. */
async function runLine(recorder: Recorder, line: Line): Promise<Call[]> {
  const calls: Call[] = [];
  for (const { operation, node } of line) {
    const call = await recorder.perform(operation, node);
    calls.push(call);
    if (call.answer === null) break;
  }
  return calls;
}

interface Batch {
  readonly states: readonly State[];
  readonly calls: readonly Call[];
  readonly span: Span;
  readonly hasCrashed: boolean;
  readonly isTimeBlurred: boolean;
  readonly extremes: Extremes;
}

/** Looks at the server after some calls; answers the states that it may be in. */
function createCheck(
  target: Target,
  client: Client,
  parts: { readonly prefix: string; readonly book: CodeBook; readonly recorder: Recorder },
): (batch: Batch) => Promise<readonly State[]> {
  const { book, recorder } = parts;
  const { nameOf, namesOf, codeOf, isBlocked } = book;
  const watch = createWatch(target, client, parts);
  function explainOrFail(
    states: readonly State[],
    history: Pick<History, 'calls' | 'span' | 'mayGiveBack'>,
  ): readonly State[] {
    const explained = explain(states, { ...history, nameOf, namesOf, codeOf, isBlocked });
    if (explained.states.length === 0)
      assert.fail(reportFailure(recorder.calls, explained.obstacles));
    return explained.states;
  }
  return async ({ states, calls, span, extremes, ...flags }) => {
    // Time alone sends nothing; what it ends is seen at the next look.
    const isTimeOnly = calls.every(({ operation }) => operation.kind === 'advance-clock');
    const { hasCrashed } = flags;
    const history = { calls, span, mayGiveBack: hasCrashed };
    if (isTimeOnly && calls.length > 0) return explainOrFail(states, history);
    const { lists, messages, shownAt } = await watch.look(recorder.calls, hasCrashed);
    const explained = explainOrFail(states, history);
    const observed = observe(explained, { lists, shownAt, nameOf });
    if (observed.states.length === 0)
      assert.fail(reportFailure(recorder.calls, observed.obstacles));
    for (const { answer } of calls) if (answer !== null) assertNoCode(answer.text, book.codes);
    const trace = { calls: recorder.calls, messages, ...book, ...extremes, ...flags };
    assertAnswers(trace);
    assertMessages(trace);
    return observed.states;
  };
}

/**
 * Each node remembers settings for a moment; what it changes itself it knows at once. `isReset`
 * makes the server as new besides.
 */
async function changeSettings(
  target: Target,
  client: Client,
  { settings, isReset }: { readonly settings: Partial<Settings>; readonly isReset: boolean },
): Promise<void> {
  const { urls, topics } = target;
  const apiKey = target.apiKeys.own;
  const known = inForce.get(target);
  const now = { ...known, ...settings };
  inForce.set(target, now);
  const body = patchFor(settings);
  const patch = { method: 'PATCH', path: '/v1/application', body, apiKey } as const;
  const reset = { method: 'POST', path: '/v1/sandbox/reset', apiKey } as const;
  const answers = await Promise.all(
    urls.map((url, node) =>
      client.sendTogether(url, isReset && node === 0 ? [patch, reset] : [patch]),
    ),
  );
  for (const { status, text } of answers.flat()) assert.ok(status === 200 || status === 204, text);
  const isSame = JSON.stringify(known) === JSON.stringify(now);
  if (topics !== null && known !== undefined && !isSame) await pause(topicsFreshMs);
}

async function readOffset({ urls, apiKeys }: Target, client: Client): Promise<number> {
  const asked = { method: 'POST', path: '/v1/sandbox/clock', apiKey: apiKeys.own } as const;
  const body = { advanceSeconds: 0 };
  for (let attempt = 0; attempt < 10; attempt++) {
    const fromMs = Date.now();
    const { body: answer } = await client.send(urls[0] ?? '', { ...asked, body });
    const nowMs = Date.parse((answer as { now?: string }).now ?? '');
    const [least, most] = [nowMs - Date.now() - 1, nowMs - fromMs + 1];
    // The clock was only ever moved by whole seconds, so within a second it is known exactly.
    if (most - least < 900) return Math.round((least + most) / 2_000) * 1000;
  }
  throw new Error('The clock was not told within a second.');
}
