import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain } from './history-checker.ts';
import { emptyState, type State } from './model.ts';
import type { Call, ObservedAnswer, ObservedBody, Operation } from './operations.ts';

/**
 * The checker is tested with histories written by hand, because one that accepts everything would
 * never be found out by a server that is right. Each call is `[from, to, operation, answer]`, on a
 * line of time of its own; `null` for `to` and answer is a call that was cut off.
 */
type Line = readonly [number, number | null, Operation, Shown | null];
type Shown = readonly [number, ObservedBody];

const startedMs = Date.UTC(2030, 0, 1);
const sms = { channel: 'sms', to: '+14152000001', ledger: '+14152000001' } as const;
const asked = { application: 'own', door: 'api', key: null } as const;
/** What the phone shows: of the first verification also the code after a resend. */
const codes: Readonly<Record<string, readonly string[]>> = {
  v1: ['482913', '713555'],
  v2: ['111222'],
  v3: ['333444'],
  v4: [],
  v5: [],
  v6: [],
  v7: ['777001'],
  'v7+1': ['777002'],
  'v7+2': ['777003'],
};

const start = (reference: string, key: string | null = null): Operation => ({
  ...asked,
  kind: 'start',
  key,
  recipient: sms.to,
  ledger: sms.ledger,
  destinations: [sms],
  purpose: reference,
  customCode: null,
  checksMax: null,
  lifetimeSeconds: null,
  codeLength: null,
  reference,
});
const guess = (code: string, verification = 'v1', key: string | null = null): Operation => ({
  ...asked,
  kind: 'check',
  verification,
  code,
  key,
});
const right = guess('482913');
const wrong = guess('000000');
const cancel: Operation = { ...asked, kind: 'cancel', verification: 'v1' };
const resend: Operation = { ...asked, kind: 'resend', verification: 'v1', destination: null };
const advance = (seconds: number): Operation => ({ kind: 'advance-clock', seconds });

const at = (afterMs: number): string => new Date(startedMs + 500 + afterMs).toISOString();

/** A verification as it is shown, with what is told of it. */
function shown(fields: ObservedBody, status = 200): Shown {
  const isPending = (fields.status ?? 'pending') === 'pending';
  const body: ObservedBody = {
    id: 'v1',
    status: 'pending',
    checksLeft: isPending ? 5 : 0,
    sendsLeft: isPending ? 4 : 0,
    channel: 'sms',
    purpose: fields.id ?? 'v1',
    createdAt: at(0),
    expiresAt: at(300_000),
    resendAllowedAt: isPending ? at(30_000) : null,
    finishedAt: isPending ? null : at(0),
    deliveries: [{ id: 'd', status: 'sent', cost: null }],
    ...fields,
  };
  return [status, body];
}

const isWrong = (checksLeft: number, id = 'v1'): Shown =>
  shown({ id, approved: false, reason: 'wrong_code', checksLeft });
const isLastWrong = shown({ approved: false, reason: 'wrong_code', status: 'failed' });
const isApproved = shown({ approved: true, reason: null, proof: 'p', status: 'approved' });
const isRefused = (reason: string, status: string): Shown =>
  shown({ approved: false, reason, status });
const isCanceled = shown({ status: 'canceled' });
const problem = (status: number, code: string): Shown => [status, { code }];
const isResent = shown({
  sendsLeft: 3,
  expiresAt: at(331_000),
  resendAllowedAt: at(91_000),
  deliveries: [
    { id: 'd', status: 'sent', cost: null },
    { id: 'e', status: 'sent', cost: null },
  ],
});
/** The first one of all histories; `advance` makes the wait before a resend pass. */
const started: Line = [0, 1, start('v1'), shown({}, 201)];
const waited: Line = [2, 3, advance(31), [200, {}]];

function answerOf([status, body]: Shown): ObservedAnswer {
  const { isReplayed = false, ...rest } = body as ObservedBody & { isReplayed?: boolean };
  return { status, text: '', isReplayed, retryAfterSeconds: 30, body: rest };
}

interface Setting {
  readonly dailyBudgetCents?: number;
  readonly mayGiveBack?: boolean;
}

function statesAfter(lines: readonly Line[], setting: Setting = {}): readonly State[] {
  const { dailyBudgetCents = null, mayGiveBack = false } = setting;
  const calls = lines.map(
    ([calledAs, returnedAs, operation, answer], number): Call => ({
      number,
      node: 0,
      operation,
      calledAs,
      returnedAs,
      answer: answer === null ? null : answerOf(answer),
    }),
  );
  const state = emptyState(0);
  state.settings.own = {
    ...state.settings.own,
    recipientSendIntervalSeconds: 0,
    dailyBudgetCents,
  };
  return explain([state], {
    calls,
    span: { fromMs: startedMs, toMs: startedMs + 1_000 },
    mayGiveBack,
    codeOf: (verification, version) => codes[verification]?.[version - 1],
    nameOf: (id) => (id in codes ? id : undefined),
    isBlocked: () => true,
    namesOf: (reference) => Object.keys(codes).filter((name) => name.startsWith(reference)),
  }).states;
}

const replayed = ([status, body]: Shown): Shown => [
  status,
  { ...body, isReplayed: true } as ObservedBody,
];
/** Calls that all lie within the same time. */
const atOnce = (...calls: readonly (readonly [Operation, Shown | null])[]): Line[] =>
  calls.map(([operation, answer], index) => [10 + index, 50 + index, operation, answer]);
const others = (count: number, from: number): Line[] =>
  Array.from({ length: count }, (_, index) => [
    from + 2 * index,
    from + 2 * index + 1,
    guess('000000', 'v2'),
    isWrong(4 - index, 'v2'),
  ]);

const startedThrice = atOnce(
  ...['v7', 'v7+1', 'v7+2'].map((id) => [start('v7'), shown({ id, purpose: 'v7' }, 201)] as const),
);
const isOfThrice = (id: string, status: string, reason: string | null): Shown =>
  shown({
    ...{ id, purpose: 'v7', status, reason, approved: reason === null },
    proof: reason === null ? 'p' : null,
  });

const possible: Readonly<Record<string, readonly Line[]>> = {
  'a wrong guess, then the right one': [
    [2, 3, wrong, isWrong(4)],
    [4, 5, right, isApproved],
  ],
  'two right guesses at once, one of them late': atOnce(
    [right, isApproved],
    [right, isRefused('already_used', 'approved')],
  ),
  'five wrong guesses at once, all spent before the first is compared': atOnce(
    [wrong, isWrong(0)],
    [wrong, isWrong(0)],
    [wrong, isLastWrong],
    [wrong, isWrong(0)],
    [wrong, isWrong(0)],
  ),
  'a right guess that finds all others spent and not compared': [
    ...atOnce(...Array.from({ length: 4 }, () => [wrong, isWrong(0)] as const)),
    ...atOnce(
      [wrong, isLastWrong],
      [right, shown({ approved: false, reason: 'too_many_checks', checksLeft: 0 })],
    ),
  ],
  'a cancel and a right guess at once, the guess first': atOnce(
    [cancel, problem(409, 'verification_finished')],
    [right, isApproved],
  ),
  'a cancel and a right guess at once, the cancel first': atOnce(
    [cancel, isCanceled],
    [right, isRefused('canceled', 'canceled')],
  ),
  'a code that a resend at the same time replaced': [
    waited,
    ...atOnce(
      [resend, isResent],
      [right, shown({ ...isResent[1], approved: false, reason: 'wrong_code', checksLeft: 4 })],
    ),
  ],
  'a guess that was cut off and counted': [
    [2, null, right, null],
    [4, 5, right, isRefused('already_used', 'approved')],
  ],
  'a guess that was cut off and never came': [
    [2, null, right, null],
    [4, 5, right, isApproved],
  ],
  'a guess that was cut off after it was spent': [
    [2, null, right, null],
    [4, 5, wrong, isWrong(3)],
  ],
  'a start made three times at once, the last of which has the second id': [
    ...startedThrice,
    [60, 61, guess('777002', 'v7+1'), isOfThrice('v7+1', 'approved', null)],
    [62, 63, guess('777003', 'v7+2'), isOfThrice('v7+2', 'canceled', 'canceled')],
  ],
  'the same key at once, the second while the first is being done': atOnce(
    [guess('000000', 'v1', 'k'), isWrong(4)],
    [guess('000000', 'v1', 'k'), problem(409, 'idempotency_key_in_use')],
  ),
  'the same key at once, the clock moved beyond what a living node takes': atOnce(
    [guess('482913', 'v1', 'k'), isApproved],
    [advance(31), [200, {}]],
    [guess('482913', 'v1', 'k'), isApproved],
  ),
  'a start that was cut off, answered as what it made is now': [
    [2, null, start('v2', 'k'), null],
    [4, 5, { ...cancel, verification: 'v2' }, shown({ id: 'v2', status: 'canceled' })],
    [6, 7, advance(31), [200, {}]],
    [8, 9, start('v2', 'k'), replayed(shown({ id: 'v2', status: 'canceled' }, 201))],
  ],
  'the same key again, with the first answer': [
    [2, 3, guess('000000', 'v1', 'k'), isWrong(4)],
    [4, 5, wrong, isWrong(3)],
    [6, 7, guess('000000', 'v1', 'k'), replayed(isWrong(4))],
  ],
};

const impossible: Readonly<Record<string, readonly Line[]>> = {
  'a sixth guess that is compared': atOnce(
    ...Array.from({ length: 4 }, () => [wrong, isWrong(0)] as const),
    [wrong, isLastWrong],
    [wrong, isLastWrong],
  ),
  'five wrong guesses, none of which ends it': atOnce(
    ...Array.from({ length: 5 }, () => [wrong, isWrong(0)] as const),
  ),
  'a right guess after five wrong ones': [
    ...[4, 3, 2, 1].map(
      (left, index): Line => [10 + 2 * index, 11 + 2 * index, wrong, isWrong(left)],
    ),
    [60, 61, wrong, isLastWrong],
    [62, 63, right, isApproved],
  ],
  'two approvals at once': atOnce([right, isApproved], [right, isApproved]),
  'an approval by a wrong code': [[2, 3, wrong, isApproved]],
  'a right code that is called wrong': [[2, 3, right, isWrong(4)]],
  'a right code that was used before it was first tried': [
    [4, 5, right, isApproved],
    [2, 3, right, isRefused('already_used', 'approved')],
  ],
  'an approval after a cancel was answered': [
    [2, 3, cancel, isCanceled],
    [4, 5, right, isApproved],
  ],
  'a cancel after an approval was answered': [
    [2, 3, right, isApproved],
    [4, 5, cancel, isCanceled],
  ],
  'an approval by the code before a resend that was answered': [
    waited,
    [4, 5, resend, isResent],
    [6, 7, right, isApproved],
  ],
  'a resend that gives guesses back': [
    [2, 3, wrong, isWrong(4)],
    [4, 5, advance(31), [200, {}]],
    [6, 7, resend, isResent],
  ],
  'a resend before its time': [[2, 3, resend, isResent]],
  'an approval after the lifetime': [
    [2, 3, advance(301), [200, {}]],
    [4, 5, right, isApproved],
  ],
  'a wrong guess that costs nothing': [
    [2, 3, wrong, isWrong(4)],
    [4, 5, wrong, isWrong(4)],
  ],
  'a guess that came back after a crash': [
    [2, 3, wrong, isWrong(4)],
    [4, null, right, null],
    [6, 7, wrong, isWrong(4)],
  ],
  'an approval twice, once by a call that was cut off': [
    [2, null, right, null],
    [4, 5, right, isRefused('already_used', 'approved')],
    [6, 7, right, isApproved],
  ],
  'a code of another verification': [
    [2, 3, start('v2'), shown({ id: 'v2' }, 201)],
    [4, 5, guess('111222'), isApproved],
  ],
  'eleven failed guesses at one recipient': [
    [2, 3, start('v2'), shown({ id: 'v2' }, 201)],
    [4, 5, start('v3'), shown({ id: 'v3' }, 201)],
    ...others(4, 10),
    ...Array.from(
      { length: 4 },
      (_, index): Line => [30 + 2 * index, 31 + 2 * index, wrong, isWrong(4 - index)],
    ),
    ...Array.from(
      { length: 3 },
      (_, index): Line => [
        50 + 2 * index,
        51 + 2 * index,
        guess('000000', 'v3'),
        isWrong(4 - index, 'v3'),
      ],
    ),
  ],
  'a sixth message within an hour': [
    [2, 3, start('v2'), shown({ id: 'v2' }, 201)],
    [4, 5, start('v3'), shown({ id: 'v3' }, 201)],
    ...['v4', 'v5', 'v6'].map(
      (name, index): Line => [
        6 + 2 * index,
        7 + 2 * index,
        start(name),
        shown({ id: name, purpose: name }, 201),
      ],
    ),
  ],
  'a start made three times at once, two of which stay live': [
    ...startedThrice,
    [60, 61, guess('777002', 'v7+1'), isOfThrice('v7+1', 'approved', null)],
    [62, 63, guess('777003', 'v7+2'), isOfThrice('v7+2', 'approved', null)],
  ],
  'the same key at once, with two effects': atOnce(
    [guess('000000', 'v1', 'k'), isWrong(4)],
    [guess('000000', 'v1', 'k'), isWrong(3)],
  ),
  'the same key with another body, done all the same': [
    [2, 3, guess('000000', 'v1', 'k'), isWrong(4)],
    [4, 5, guess('482913', 'v1', 'k'), isApproved],
  ],
  'the same key again, with an answer that is not the first': [
    [2, 3, guess('000000', 'v1', 'k'), isWrong(4)],
    [4, 5, wrong, isWrong(3)],
    [6, 7, guess('000000', 'v1', 'k'), replayed(isWrong(3))],
  ],
  'a key that is in use although its first call was answered': [
    [2, 3, guess('000000', 'v1', 'k'), isWrong(4)],
    [4, 5, guess('000000', 'v1', 'k'), problem(409, 'idempotency_key_in_use')],
  ],
  'a repetition of what was never done': [[2, 3, guess('000000', 'v1', 'k'), replayed(isWrong(4))]],
};

for (const [name, lines] of Object.entries(possible)) {
  test(`this can have happened: ${name}`, () => {
    assert.notEqual(statesAfter([started, ...lines]).length, 0);
  });
}

for (const [name, lines] of Object.entries(impossible)) {
  test(`this cannot have happened: ${name}`, () => {
    const all = [started, ...lines];
    assert.equal(statesAfter(all).length, 0);
    // It is the last answer of the table that cannot be: with that unknown the rest is possible.
    const [from, , operation] = all.at(-1) ?? started;
    assert.notEqual(statesAfter([...all.slice(0, -1), [from, null, operation, null]]).length, 0);
  });
}

test('what was given up leaves room in the budget, and only where it may have been', () => {
  const second: Line = [2, 3, start('v2'), shown({ id: 'v2' }, 201)];
  const inBudget = (mayGiveBack: boolean) =>
    statesAfter([started, second], { dailyBudgetCents: 5, mayGiveBack }).length > 0;
  assert.deepEqual([inBudget(false), inBudget(true)], [false, true]);
});
