import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addressFailureLimits,
  addressRange,
  addressStartLimits,
  admitsGuess,
  chargeAddress,
  chargeGuess,
  codeDigitsMin,
  defaultLimits,
  emptyLedger,
  guessFailuresCeiling,
  isForgettable,
  type Ledger,
  ledgerMemoryMs,
  limitBounds,
  looksLikeSpraying,
  recipientSendLimits,
  refundGuess,
  refuseEntries,
  refuseRecipient,
  type SendLimits,
  withSends,
} from '#domain/limits.ts';
import type { Refusal } from '#domain/refusal.ts';

const nowMs = Date.UTC(2026, 0, 2);
const secondMs = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const sixDigits = 6 * Math.log2(10);
const eightDigits = 8 * Math.log2(10);
const tenDigits = 10 * Math.log2(10);

const recipientLimits = recipientSendLimits(defaultLimits);
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

const windows: readonly [name: string, sendsAtMs: number[], refusedBy: string | null][] = [
  ['the first send ever', [], null],
  ['a send 29.999 s after the last', ago(29_999), 'recipient_sends_interval'],
  ['a send exactly 30 s after the last', ago(30_000), null],
  ['the fifth send of an hour', ago(4, 3, 2, 1).map((atMs) => atMs - 60_000), null],
  ['the sixth send within an hour', ago(hourMs - 1, 3e6, 2e6, 1e6, 60_000), 'recipient_sends_hour'],
  ['the sixth send when the first is an hour old', ago(hourMs, 3e6, 2e6, 1e6, 60_000), null],
  [
    'the eleventh send within a day',
    ago(dayMs - 1, ...[9, 8, 7, 6, 5, 4, 3, 2, 1].map((hours) => hours * 2 * hourMs)),
    'recipient_sends_day',
  ],
  [
    'the eleventh send when the first is a day old',
    ago(dayMs, ...[9, 8, 7, 6, 5, 4, 3, 2, 1].map((hours) => hours * 2 * hourMs)),
    null,
  ],
];

for (const [name, sendsAtMs, refusedBy] of windows) {
  test(`${name} is ${refusedBy === null ? 'admitted' : `refused by ${refusedBy}`}`, () => {
    assert.equal(nameOf(refuseEntries(sendsAtMs, 1, recipientLimits, nowMs)), refusedBy);
  });
}

test('several messages of one start go out together, and each is counted', () => {
  assert.equal(refuseEntries([], 4, recipientLimits, nowMs), null);
  const ledger = withSends(emptyLedger, 4, nowMs);
  assert.equal(ledger.sendsAtMs.length, 4);
  const later = nowMs + 60_000;
  assert.equal(refuseEntries(ledger.sendsAtMs, 1, recipientLimits, later), null);
  assert.equal(
    nameOf(refuseEntries(ledger.sendsAtMs, 2, recipientLimits, later)),
    'recipient_sends_hour',
  );
});

test('a limit of one send an hour is no interval: two messages at once are one too many', () => {
  const limits = recipientSendLimits({ ...defaultLimits, recipientSendsHourMax: 1 });
  assert.equal(refuseEntries([], 1, limits, nowMs), null);
  assert.equal(nameOf(refuseEntries([], 2, limits, nowMs)), 'recipient_sends_hour');
});

test('an interval of zero seconds never refuses', () => {
  const limits = recipientSendLimits({ ...defaultLimits, recipientSendIntervalSeconds: 0 });
  assert.equal(refuseEntries([nowMs, nowMs], 1, limits, nowMs), null);
});

test('of several reached limits the refusal names the one that lasts longest', () => {
  const sends = ago(3e6, 2e6, 1e6, 60_000, 10_000);
  const refusal = refuseEntries(sends, 1, recipientLimits, nowMs);
  assert.equal(refusal?.code, 'limit_reached');
  assert.deepEqual(refusal?.limit, { name: 'recipient_sends_hour', max: 5, windowSeconds: 3_600 });
  assert.equal(refusal?.retryAfterSeconds, (hourMs - 3e6) / secondMs);
});

test('the defaults are those of the product', () => {
  const described = [
    ...recipientLimits,
    ...addressStartLimits(defaultLimits),
    ...addressFailureLimits(defaultLimits),
  ].map(({ name, max, windowSeconds }) => `${name} ${max}/${windowSeconds}`);
  assert.deepEqual(described, [
    'recipient_sends_interval 1/30',
    'recipient_sends_hour 5/3600',
    'recipient_sends_day 10/86400',
    'address_starts_hour 10/3600',
    'address_starts_day 50/86400',
    'address_failed_guesses_hour 30/3600',
    'address_failed_guesses_day 100/86400',
  ]);
});

const sendLimits: fc.Arbitrary<SendLimits> = fc.record({
  recipientSendIntervalSeconds: fc.integer(limitBounds.recipientSendIntervalSeconds),
  recipientSendsHourMax: fc.integer(limitBounds.recipientSendsHourMax),
  recipientSendsDayMax: fc.integer(limitBounds.recipientSendsDayMax),
  addressStartsHourMax: fc.constant(10),
  addressStartsDayMax: fc.constant(50),
  addressFailuresHourMax: fc.constant(30),
  addressFailuresDayMax: fc.constant(100),
});

test('no pattern of sends ever puts more than a limit allows into any window', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 2 * hourMs }), { maxLength: 80 });
  fc.assert(
    fc.property(sendLimits, waits, fc.integer({ min: 1, max: 4 }), (settings, pauses, count) => {
      const limits = recipientSendLimits(settings);
      const sent: number[] = [];
      let ledger = emptyLedger;
      let atMs = nowMs;
      for (const pause of pauses) {
        atMs += pause;
        if (refuseEntries(ledger.sendsAtMs, count, limits, atMs) !== null) continue;
        ledger = withSends(ledger, count, atMs);
        for (let entry = 0; entry < count; entry++) sent.push(atMs);
      }
      for (const { name, max, windowSeconds } of limits) {
        const most = name === 'recipient_sends_interval' ? count : max;
        for (const start of sent) {
          const inWindow = sent.filter(
            (moment) => moment >= start && moment < start + windowSeconds * secondMs,
          );
          assert.ok(windowSeconds === 0 || inWindow.length <= most, name);
        }
      }
      assert.ok(ledger.sendsAtMs.length <= 20, 'the ledger is bounded by its longest window');
    }),
  );
});

test('after waiting as long as the refusal says, the same sends are admitted', () => {
  const pastSends = fc.array(fc.integer({ min: 0, max: dayMs }), { maxLength: 60 });
  const counts = fc.integer({ min: 1, max: 4 });
  fc.assert(
    fc.property(sendLimits, pastSends, counts, (settings, durations, count) => {
      fc.pre(count <= Math.min(settings.recipientSendsHourMax, settings.recipientSendsDayMax));
      const limits = recipientSendLimits(settings);
      const sends = ago(...durations.toSorted((first, second) => second - first));
      const refusal = refuseEntries(sends, count, limits, nowMs);
      if (refusal === null) return;
      const seconds = refusal.retryAfterSeconds ?? 0;
      assert.ok(Number.isInteger(seconds) && seconds >= 1);
      const later = nowMs + seconds * secondMs;
      assert.equal(refuseEntries(sends, count, limits, later), null);
      // Nor does it ask for a second more than is needed.
      const earlier = later - secondMs;
      assert.ok(seconds === 1 || refuseEntries(sends, count, limits, earlier) !== null);
    }),
    { numRuns: 1_000 },
  );
});

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

test('the pause after fifty failures is an hour and doubles with each further one, up to a day', () => {
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
      assert.equal(refuseEntries(ledger.sendsAtMs, 1, recipientLimits, nowMs), null);
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

test('a limit per address bites at any number that a setting may ask for', () => {
  const limits = addressFailureLimits({
    ...defaultLimits,
    addressFailuresHourMax: limitBounds.addressFailuresHourMax.max,
    addressFailuresDayMax: limitBounds.addressFailuresDayMax.max,
  });
  for (const { name, max } of limits) {
    const spread = name === 'address_failed_guesses_hour' ? hourMs : dayMs;
    const past = Array.from({ length: max - 1 }, (_, entry) => nowMs - (spread * entry) / max);
    const ledger = chargeAddress({ ...emptyLedger, failuresAtMs: past.reverse() }, nowMs);
    assert.equal(nameOf(refuseEntries(past, 1, limits, nowMs)), null);
    assert.equal(nameOf(refuseEntries(ledger.failuresAtMs, 1, limits, nowMs)), name);
  }
});

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
  test(`${wrong} wrong and ${right} right guesses ${isSpraying ? 'are' : 'are no'} spraying`, () => {
    assert.equal(looksLikeSpraying({ wrong, right }), isSpraying);
  });
}

const ranges: readonly [address: string, range: string | null][] = [
  ['203.0.113.9', '203.0.113.0/24'],
  ['203.0.113.255', '203.0.113.0/24'],
  ['203.0.114.9', '203.0.114.0/24'],
  ['0.0.0.0', '0.0.0.0/24'],
  ['::ffff:203.0.113.9', '203.0.113.0/24'],
  ['::FFFF:203.0.113.9', '203.0.113.0/24'],
  ['::ffff:cb00:7109', '203.0.113.0/24'],
  ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.0/24'],
  ['0:0:0:0:0:FFFF:CB00:7109', '203.0.113.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::203.0.113.9', '64:ff9b:0:0::/64'],
  ['', null],
  ['localhost', null],
  ['203.0.113', null],
  ['203.0.113.256', null],
  ['203.0.113.9.1', null],
  ['203.0.113.9/24', null],
  [' 203.0.113.9', null],
  ['2001:db8', null],
  ['1:2:3:4:5:6:7', null],
  ['1:2:3:4:5:6:7:8:9', null],
  ['1:2:3:4:5:6:7::8', null],
  ['1::2::3', null],
  [':::', null],
  ['1:::2', null],
  [':1:2:3:4:5:6:7:8', null],
  ['1:2:3:4:5:6:7:8:', null],
  ['12345::', null],
  ['::g', null],
  ['::ffff:203.0.113.256', null],
  ['::203.0.113.9:1', null],
  ['.', null],
  [':', null],
];

for (const [address, range] of ranges) {
  const name = JSON.stringify(address);
  test(`${name} ${range === null ? 'is no address' : `counts as ${range}`}`, () => {
    assert.equal(addressRange(address), range);
  });
}

test('whatever stands in an address field, it is read or refused, and never throws', () => {
  const texts = fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:.%/ x'), maxLength: 50 });
  fc.assert(
    fc.property(texts, (text) => {
      const range = addressRange(text);
      assert.ok(range === null || /^[\da-f:.]+\/(24|64)$/.test(range));
    }),
    { numRuns: 2_000 },
  );
});
