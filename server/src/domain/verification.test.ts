import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CheckReason,
  cancelResult,
  type EndingEvent,
  end,
  lifeEnd,
  lifeMaxMs,
  type Progress,
  refuseGuess,
  refuseResend,
  sendsMax,
  settleGuess,
  statusAt,
  timesAfterSend,
  type VerificationStatus,
} from '#domain/verification.ts';

const nowMs = Date.UTC(2026, 0, 2);
const lifetimeMs = 300_000;

const statuses: readonly VerificationStatus[] = [
  'pending',
  'approved',
  'failed',
  'expired',
  'canceled',
  'blocked',
];

/** A verification that was started a minute ago, sent once, and guessed at once. */
function progress(more: Partial<Progress> = {}): Progress {
  const createdAtMs = nowMs - 60_000;
  return {
    status: 'pending',
    checksUsed: 1,
    checksWrong: 0,
    checksMax: 5,
    sendsUsed: 1,
    sendsMax,
    lifetimeMs,
    lifeEndsAtMs: lifeEnd(createdAtMs, lifetimeMs),
    ...timesAfterSend(1, { lifetimeMs, lifeEndsAtMs: createdAtMs + lifeMaxMs }, createdAtMs),
    ...more,
  };
}

const outdated = (more: Partial<Progress> = {}) => progress({ expiresAtMs: nowMs, ...more });

const endings: readonly [event: EndingEvent, status: VerificationStatus][] = [
  ['right_code', 'approved'],
  ['last_wrong_code', 'failed'],
  ['time_passed', 'expired'],
  ['cancel', 'canceled'],
  ['superseded', 'canceled'],
  ['transaction_changed', 'failed'],
  ['guess_budget_spent', 'failed'],
];

for (const [event, status] of endings) {
  test(`${event} ends a pending verification as ${status}`, () => {
    assert.equal(end(progress(), event, nowMs)?.status, status);
  });

  test(`${event} finds a pending verification expired once its time is over`, () => {
    assert.equal(end(outdated(), event, nowMs)?.status, 'expired');
    assert.equal(end(outdated({ expiresAtMs: nowMs + 1 }), event, nowMs)?.status, status);
  });

  for (const final of statuses.filter((known) => known !== 'pending')) {
    test(`${event} changes nothing that is ${final}`, () => {
      assert.equal(end(progress({ status: final }), event, nowMs), null);
      assert.equal(end(outdated({ status: final }), event, nowMs), null);
    });
  }
}

const guesses: readonly [name: string, of: Progress, reason: CheckReason | null][] = [
  ['a pending verification', progress(), null],
  ['the last guess', progress({ checksUsed: 4 }), null],
  ['a pending verification without guesses left', progress({ checksUsed: 5 }), 'too_many_checks'],
  ['the last millisecond of a life', outdated({ expiresAtMs: nowMs + 1 }), null],
  ['a pending verification whose time is over', outdated(), 'expired'],
  ['one that is out of time and of guesses', outdated({ checksUsed: 5 }), 'expired'],
  ['an approved verification', progress({ status: 'approved' }), 'already_used'],
  ['an approved one whose time is over', outdated({ status: 'approved' }), 'already_used'],
  ['a failed verification', progress({ status: 'failed' }), 'too_many_checks'],
  ['an expired verification', progress({ status: 'expired' }), 'expired'],
  ['a canceled verification', progress({ status: 'canceled' }), 'canceled'],
  ['a blocked verification', progress({ status: 'blocked' }), 'canceled'],
];

for (const [name, of, reason] of guesses) {
  test(`${name} ${reason === null ? 'admits a guess' : `refuses a guess as ${reason}`}`, () => {
    assert.equal(refuseGuess(of, nowMs), reason);
  });
}

const settled: readonly [
  name: string,
  of: Progress,
  isRight: boolean,
  status: VerificationStatus | null,
  reason: CheckReason | null,
][] = [
  ['a right guess approves', progress({ checksUsed: 1 }), true, 'approved', null],
  ['a right last guess approves', progress({ checksUsed: 5 }), true, 'approved', null],
  ['a wrong guess leaves it pending', progress({ checksWrong: 3 }), false, null, 'wrong_code'],
  ['the last wrong guess fails it', progress({ checksWrong: 4 }), false, 'failed', 'wrong_code'],
  [
    'a wrong guess leaves it pending while others are under way',
    progress({ checksUsed: 5, checksWrong: 3 }),
    false,
    null,
    'wrong_code',
  ],
  ['a right guess that settles too late expires it', outdated(), true, 'expired', 'expired'],
  ['a wrong guess that settles too late expires it', outdated(), false, 'expired', 'expired'],
  [
    'a second right guess finds the code used',
    progress({ status: 'approved' }),
    true,
    null,
    'already_used',
  ],
  [
    'a right guess after the last wrong one is too late',
    progress({ status: 'failed' }),
    true,
    null,
    'too_many_checks',
  ],
  [
    'a right guess after a cancel is void',
    progress({ status: 'canceled' }),
    true,
    null,
    'canceled',
  ],
  ['a right guess after expiry is void', progress({ status: 'expired' }), true, null, 'expired'],
];

for (const [name, of, isRight, status, reason] of settled) {
  test(name, () => {
    const { ending, reason: given } = settleGuess(of, isRight, nowMs);
    assert.equal(ending?.status ?? null, status);
    assert.equal(given, reason);
  });
}

test('the waits between sends are 30, 60, 120 and 300 seconds', () => {
  const life = { lifetimeMs, lifeEndsAtMs: nowMs + lifeMaxMs };
  const waits = [1, 2, 3, 4, 5].map(
    (sendsUsed) => (timesAfterSend(sendsUsed, life, nowMs).resendAllowedAtMs - nowMs) / 1000,
  );
  assert.deepEqual(waits, [30, 60, 120, 300, 300]);
});

test('a resend is refused until the moment it may happen, and told that moment', () => {
  const { resendAllowedAtMs } = timesAfterSend(2, progress(), nowMs);
  const of = progress({ sendsUsed: 2, resendAllowedAtMs });
  const early = refuseResend(of, nowMs + 1);
  assert.deepEqual(early?.limit, {
    name: 'verification_resend_interval',
    max: 1,
    windowSeconds: 60,
  });
  assert.equal(early?.retryAfterSeconds, 60);
  assert.equal(refuseResend(of, resendAllowedAtMs - 1)?.retryAfterSeconds, 1);
  assert.equal(refuseResend(of, resendAllowedAtMs), null);
});

test('a code is sent five times at most, and the refusal names that limit', () => {
  const of = progress({ resendAllowedAtMs: 0 });
  assert.equal(refuseResend({ ...of, sendsUsed: 4 }, nowMs), null);
  const refusal = refuseResend({ ...of, sendsUsed: 5 }, nowMs);
  assert.equal(refusal?.code, 'limit_reached');
  assert.equal(refusal?.limit?.name, 'verification_sends');
  assert.equal(refusal?.retryAfterSeconds, (of.lifeEndsAtMs - nowMs) / 1000);
});

for (const status of statuses) {
  const isPending = status === 'pending';
  test(`a verification that is ${status} ${isPending ? 'may' : 'must not'} be sent again`, () => {
    const refusal = refuseResend(progress({ status, resendAllowedAtMs: 0 }), nowMs);
    assert.equal(refusal?.code ?? null, isPending ? null : 'verification_finished');
  });
}

test('nothing is sent once the time of a pending verification is over', () => {
  assert.equal(refuseResend(outdated(), nowMs)?.code, 'verification_finished');
});

const cancels: readonly [of: Progress, result: string][] = [
  [progress(), 'cancel'],
  [progress({ status: 'canceled' }), 'already_canceled'],
  [outdated(), 'verification_finished'],
  [progress({ status: 'approved' }), 'verification_finished'],
  [progress({ status: 'failed' }), 'verification_finished'],
  [progress({ status: 'expired' }), 'verification_finished'],
  [progress({ status: 'blocked' }), 'verification_finished'],
];

for (const [of, expected] of cancels) {
  const status = statusAt(of, nowMs);
  test(`canceling what is ${status} answers ${expected}`, () => {
    const result = cancelResult(of, nowMs);
    assert.equal(result.ok ? result.value : result.error.code, expected);
  });
}

test('a life is ten minutes long, or as long as the code was allowed to live', () => {
  assert.equal(lifeEnd(nowMs, 30_000), nowMs + 600_000);
  assert.equal(lifeEnd(nowMs, 600_000), nowMs + 600_000);
  assert.equal(lifeEnd(nowMs, 86_400_000), nowMs + 86_400_000);
});

type Step =
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'resend' }
  | { readonly kind: 'guess'; readonly isRight: boolean }
  | { readonly kind: 'end'; readonly event: EndingEvent };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('wait' as const), forMs: fc.integer({ min: 0, max: 200_000 }) }),
    fc.constant({ kind: 'resend' as const }),
    fc.record({ kind: fc.constant('guess' as const), isRight: fc.boolean() }),
    fc.record({
      kind: fc.constant('end' as const),
      event: fc.constantFrom(...endings.map(([event]) => event)),
    }),
  ),
  { maxLength: 40 },
);

/** One verification driven by the rules alone, as a storage would drive it. */
function play(run: readonly Step[], life: { lifetimeMs: number; checksMax: number }) {
  let atMs = nowMs;
  let state: Progress = progress({
    ...life,
    checksUsed: 0,
    lifeEndsAtMs: lifeEnd(nowMs, life.lifetimeMs),
    ...timesAfterSend(1, { ...life, lifeEndsAtMs: lifeEnd(nowMs, life.lifetimeMs) }, nowMs),
  });
  const seen: Progress[] = [state];
  let admitted = 0;
  let approvals = 0;
  for (const step of run) {
    switch (step.kind) {
      case 'wait':
        atMs += step.forMs;
        break;
      case 'resend': {
        if (refuseResend(state, atMs) !== null) break;
        const sendsUsed = state.sendsUsed + 1;
        state = { ...state, sendsUsed, ...timesAfterSend(sendsUsed, state, atMs) };
        break;
      }
      case 'guess': {
        if (refuseGuess(state, atMs) !== null) break;
        admitted++;
        state = { ...state, checksUsed: state.checksUsed + 1 };
        const { ending, reason } = settleGuess(state, step.isRight, atMs);
        if (reason === null) approvals++;
        if (reason === 'wrong_code') state = { ...state, checksWrong: state.checksWrong + 1 };
        if (ending !== null) state = { ...state, status: ending.status };
        break;
      }
      case 'end': {
        const ending = end(state, step.event, atMs);
        if (ending !== null) state = { ...state, status: ending.status };
        break;
      }
    }
    seen.push({ ...state, status: statusAt(state, atMs) });
  }
  return { seen, admitted, approvals };
}

test('whatever happens in whatever order, the rules of a life hold', () => {
  const lives = fc.record({
    lifetimeMs: fc.integer({ min: 30_000, max: 1_200_000 }),
    checksMax: fc.integer({ min: 1, max: 10 }),
  });
  fc.assert(
    fc.property(steps, lives, (run, life) => {
      const { seen, admitted, approvals } = play(run, life);
      assert.ok(admitted <= life.checksMax, 'no more guesses than allowed');
      assert.ok(approvals <= 1, 'approved at most once');
      for (const [index, now] of seen.entries()) {
        const before = seen[index - 1] ?? now;
        if (before.status !== 'pending') assert.equal(now.status, before.status);
        assert.equal(now.lifeEndsAtMs, nowMs + Math.max(life.lifetimeMs, lifeMaxMs));
        assert.ok(now.expiresAtMs <= now.lifeEndsAtMs, 'no code outlives the life');
        assert.ok(now.expiresAtMs >= before.expiresAtMs, 'no send shortens a life');
        assert.ok(now.checksUsed >= before.checksUsed, 'no guess is given back');
        assert.ok(now.sendsUsed <= sendsMax);
      }
    }),
    { numRuns: 2_000 },
  );
});
