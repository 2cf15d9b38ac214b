import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  admitsGuess,
  chargeGuess,
  codeDigitsMin,
  defaultLimits,
  emptyLedger,
  guessFailuresCeiling,
  isForgettable,
  type Ledger,
  ledgerMemoryMs,
  looksLikeSpraying,
  recipientSendLimits,
  refundGuess,
  refuseEntries,
  refuseRecipient,
} from '#domain/limits.ts';
import type { Refusal } from '#domain/refusal.ts';

const nowMs = Date.UTC(2026, 0, 2);
const secondMs = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const sixDigits = 6 * Math.log2(10);
const eightDigits = 8 * Math.log2(10);
const tenDigits = 10 * Math.log2(10);
const nameOf = (refusal: Refusal | null) => refusal?.limit?.name ?? null;

/** Moments this long ago, oldest first. */
const ago = (...milliseconds: number[]) => milliseconds.map((duration) => nowMs - duration);

function failed(count: number, more: Partial<Ledger> & { lastAgoMs?: number } = {}): Ledger {
  const { lastAgoMs = 0, ...rest } = more;
  let ledger = emptyLedger;
  for (let left = count; left > 0; left--) {
    ledger = chargeGuess(ledger, nowMs - lastAgoMs - (left - 1) * 1_000);
  }
  return { ...ledger, ...rest };
}

const tiers: readonly [failures: number, digits: 0 | 8 | 10, admits: number[]][] = [
  [0, 0, [13, sixDigits, eightDigits, tenDigits]],
  [9, 0, [13, sixDigits, eightDigits, tenDigits]],
  [10, 8, [eightDigits, tenDigits]],
  [19, 8, [eightDigits, tenDigits]],
  [20, 10, [tenDigits]],
  [49, 10, [tenDigits]],
  [50, 10, []],
  [100, 10, []],
];

for (const [failures, digits, admitted] of tiers) {
  test(`after ${failures} failed guesses a code needs ${digits || 'no particular'} digits`, () => {
    const ledger = failed(failures);
    assert.equal(codeDigitsMin(ledger, nowMs), digits);
    for (const bits of [13, sixDigits, eightDigits, tenDigits]) {
      assert.equal(admitsGuess(ledger, bits, nowMs), admitted.includes(bits), `${bits} bits`);
    }
  });
}

test('a failed guess stops counting exactly a day later', () => {
  const ledger = failed(10);
  const oldest = ledger.failuresAtMs[0] ?? 0;
  assert.equal(codeDigitsMin(ledger, oldest + dayMs - 1), 8);
  assert.equal(codeDigitsMin(ledger, oldest + dayMs), 0);
});

test('the pause after fifty failures is an hour and doubles with each, up to a day', () => {
  const pauses = [49, 50, 51, 52, 53, 54, 55, 60].map(
    (count) => refuseRecipient(failed(count), nowMs)?.retryAfterSeconds ?? 0,
  );
  assert.deepEqual(pauses, [0, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400, 86_400]);
  const pause = refuseRecipient(failed(50), nowMs)?.limit;
  assert.deepEqual(pause, {
    name: 'recipient_failed_guesses_day',
    max: 50,
    windowSeconds: 86_400,
  });
});

test('after a pause one guess is admitted, and failing it begins a longer pause', () => {
  const ledger = failed(50, { lastAgoMs: hourMs });
  assert.equal(refuseRecipient(ledger, nowMs - 1)?.retryAfterSeconds, 1);
  assert.ok(admitsGuess(ledger, tenDigits, nowMs));
  const next = chargeGuess(ledger, nowMs);
  assert.equal(refuseRecipient(next, nowMs)?.retryAfterSeconds, 7_200);
});

test('a hundred failures without a success end the guessing, whatever the day', () => {
  let ledger = emptyLedger;
  let atMs = nowMs;
  for (let count = 0; count < guessFailuresCeiling; count++) {
    assert.equal(refuseRecipient(ledger, atMs), null);
    ledger = chargeGuess(ledger, atMs);
    atMs += dayMs;
  }
  const refusal = refuseRecipient(ledger, atMs);
  assert.equal(nameOf(refusal), 'recipient_failed_guesses_ceiling');
  assert.equal(admitsGuess(ledger, tenDigits, atMs), false);
  // A success before that would have begun the count anew.
  const proved = refundGuess(ledger, ledger.failuresAtMs.at(-1) ?? 0, true);
  assert.equal(refuseRecipient(proved, atMs), null);
});

test('after waiting as long as the refusal says, the recipient is admitted', () => {
  const durations = fc.array(fc.integer({ min: 0, max: 2 * dayMs }), { maxLength: 120 });
  fc.assert(
    fc.property(durations, fc.integer({ min: 0, max: 150 }), (past, sinceSuccess) => {
      const failuresAtMs = ago(...past.toSorted((first, second) => second - first));
      fc.pre(sinceSuccess === 0 || failuresAtMs.length > 0);
      const ledger = { sendsAtMs: [], failuresAtMs, failuresSinceSuccess: sinceSuccess };
      const refusal = refuseRecipient(ledger, nowMs);
      if (refusal === null) return;
      const seconds = refusal.retryAfterSeconds ?? 0;
      assert.ok(Number.isInteger(seconds) && seconds >= 1);
      assert.equal(refuseRecipient(ledger, nowMs + seconds * secondMs), null);
    }),
    { numRuns: 1_000 },
  );
});

test('no order of guesses compares more than the budget of a day', () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 2 * hourMs }), { maxLength: 300 });
  fc.assert(
    fc.property(pauses, fc.constantFrom(sixDigits, eightDigits, tenDigits), (waits, bits) => {
      const budget = bits === sixDigits ? 10 : bits === eightDigits ? 20 : 55;
      const compared: number[] = [];
      let ledger = emptyLedger;
      let atMs = nowMs;
      for (const wait of waits) {
        atMs += wait;
        if (!admitsGuess(ledger, bits, atMs)) continue;
        ledger = chargeGuess(ledger, atMs);
        compared.push(atMs);
      }
      for (const start of compared) {
        const inDay = compared.filter((moment) => moment >= start && moment < start + dayMs);
        assert.ok(inDay.length <= budget, `${inDay.length} of ${budget}`);
      }
      assert.ok(compared.length <= guessFailuresCeiling);
    }),
    { numRuns: 300 },
  );
});

test('a right guess takes its own charge back and no other', () => {
  const ledger = { ...emptyLedger, failuresAtMs: [1, 5, 5, 9], failuresSinceSuccess: 4 };
  assert.deepEqual(refundGuess(ledger, 5, true), {
    ...ledger,
    failuresAtMs: [1, 5, 9],
    failuresSinceSuccess: 0,
  });
  assert.deepEqual(refundGuess(ledger, 5, false).failuresSinceSuccess, 3);
  // A charge of an unknown moment stays: one too many is safe.
  assert.deepEqual(refundGuess(ledger, 0, true).failuresAtMs, ledger.failuresAtMs);
});

test('a ledger is forgotten only when no rule would miss it', () => {
  const moments = fc.array(fc.integer({ min: 0, max: 40 * dayMs }), { maxLength: 110 });
  fc.assert(
    fc.property(moments, moments, fc.boolean(), (sends, failures, hasSucceeded) => {
      const descending = (first: number, second: number) => second - first;
      const failuresAtMs = ago(...failures.toSorted(descending));
      const ledger: Ledger = {
        sendsAtMs: ago(...sends.toSorted(descending)),
        failuresAtMs,
        failuresSinceSuccess: hasSucceeded ? 0 : failuresAtMs.length,
      };
      if (!isForgettable(ledger, nowMs)) return;
      assert.equal(refuseRecipient(ledger, nowMs), null);
      assert.equal(codeDigitsMin(ledger, nowMs), 0);
      assert.equal(
        refuseEntries(ledger.sendsAtMs, 1, recipientSendLimits(defaultLimits), nowMs),
        null,
      );
    }),
    { numRuns: 1_000 },
  );
});

const forgettable: readonly [name: string, ledger: Ledger, isForgotten: boolean][] = [
  ['an empty ledger', emptyLedger, true],
  ['sends of a day ago', { ...emptyLedger, sendsAtMs: ago(dayMs) }, false],
  ['sends of more than a day ago', { ...emptyLedger, sendsAtMs: ago(dayMs + 1) }, true],
  ['failures of two days ago', failed(3, { lastAgoMs: 2 * dayMs }), false],
  ['failures of a month ago', failed(3, { lastAgoMs: ledgerMemoryMs + 1 }), true],
  [
    'failures of two days ago and a success',
    failed(3, { lastAgoMs: 2 * dayMs, failuresSinceSuccess: 0 }),
    true,
  ],
];

for (const [name, ledger, isForgotten] of forgettable) {
  test(`a ledger with ${name} is ${isForgotten ? 'forgotten' : 'kept'}`, () => {
    assert.equal(isForgettable(ledger, nowMs), isForgotten);
  });
}

const tallies: readonly [wrong: number, right: number, isSpraying: boolean][] = [
  [0, 0, false],
  [99, 0, false],
  [100, 0, true],
  [100, 33, true],
  [102, 34, false],
  [1_000, 400, false],
  [1_201, 400, true],
];

for (const [wrong, right, isSpraying] of tallies) {
  test(`${wrong} wrong and ${right} right ${isSpraying ? 'are' : 'are no'} spraying`, () => {
    assert.equal(looksLikeSpraying({ wrong, right }), isSpraying);
  });
}
