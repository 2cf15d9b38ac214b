import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addressFailureLimits,
  addressRange,
  addressStartLimits,
  chargeAddress,
  defaultLimits,
  emptyLedger,
  limitBounds,
  recipientSendLimits,
  refuseEntries,
  type SendLimits,
  withSends,
} from '#domain/limits.ts';
import type { Refusal } from '#domain/refusal.ts';

const nowMs = Date.UTC(2026, 0, 2);
const secondMs = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const recipientLimits = recipientSendLimits(defaultLimits);
const nameOf = (refusal: Refusal | null) => refusal?.limit?.name ?? null;

/** Moments this long ago, oldest first. */
const ago = (...milliseconds: number[]) => milliseconds.map((duration) => nowMs - duration);

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
  recipientStartsHourMax: fc.constant(0),
  recipientChecksMax: fc.constant(0),
  recipientChecksWindowSeconds: fc.constant(900),
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
