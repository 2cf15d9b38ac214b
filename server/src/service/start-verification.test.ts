import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ApplicationSettings } from '#domain/application.ts';
import { defaultLimits } from '#domain/limits.ts';
import type { StartRequest } from '#service/requests.ts';
import {
  createTestProvider,
  numberAt,
  type OpenedService,
  openService,
  refusalOf,
  viewOf,
  wrong,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

const phone = '+14155550123';
let opened: OpenedService;
before(async () => {
  const price = { amount: '0.01', currency: 'USD' };
  opened = await openService({ providers: [createTestProvider({ price })] });
});
after(() => opened.end());

const startAs = (caller: Caller, request: Partial<StartRequest> = {}) =>
  opened.service.startVerification(caller, { recipient: phone, ...request }, null);

/** The messages that an application's verifications have led to. */
const handedFor = ({ application }: Caller) =>
  opened.provider.handed.filter(({ applicationId }) => applicationId === application.id);

test('a start answers with everything a caller needs next, and without the code', async () => {
  const caller = await opened.newCaller();
  const view = await opened.start(caller, {
    recipient: '(415) 555-0123',
    country: 'US',
    purpose: 'login',
    reference: 'order-17',
    metadata: { k: 'v' },
  });
  assert.match(view.id, /^vf_[0-9a-z]{39}$/);
  assert.equal(view.status, 'pending');
  assert.equal(view.recipient, '+14•••••0123');
  assert.equal(view.country, 'US');
  assert.equal(view.channel, 'sms');
  assert.equal(view.purpose, 'login');
  assert.equal(view.origin, 'api');
  assert.equal(view.reference, 'order-17');
  assert.deepEqual(view.metadata, { k: 'v' });
  assert.deepEqual([view.checksLeft, view.sendsLeft], [5, 4]);
  assert.equal(view.expiresAtMs - view.createdAtMs, 300_000);
  assert.equal((view.resendAllowedAtMs ?? 0) - view.createdAtMs, 30_000);
  assert.deepEqual([view.finishedAtMs, view.blockedReason], [null, null]);
  assert.equal(view.deliveries.length, 1);
  assert.equal(view.deliveries[0]?.status, 'queued');
  const code = opened.codeOf(view.id);
  assert.match(code, /^\d{6}$/);
  const shown = JSON.stringify(view);
  assert.ok(!shown.includes(code) && !shown.includes(phone));
  const [message] = handedFor(caller);
  assert.equal(message?.destination, phone);
  assert.ok(message?.text.includes(code));
  assert.equal(message?.isPossibleDuplicate, false);
});

test('a read shows the delivery with its cost, provider and history', async () => {
  const caller = await opened.newCaller();
  opened.provider.answer = () => ({
    kind: 'accepted',
    providerMessageId: 'm1',
    cost: { amount: '0.0075', currency: 'USD' },
  });
  const { id } = await opened.start(caller);
  await opened.whenIdle();
  opened.provider.answer = () => ({ kind: 'accepted', providerMessageId: null });
  const read = await opened.service.readVerification(caller, id);
  assert.ok(read.ok);
  const [delivery] = read.value.deliveries;
  assert.equal(delivery?.status, 'sent');
  assert.equal(delivery?.provider, 'carrier');
  assert.deepEqual(delivery?.cost, { amount: '0.0075', currency: 'USD' });
  assert.deepEqual(
    read.value.history.map(({ event }) => event),
    ['started', 'queued', 'sent'],
  );
});

const reached: readonly [
  limit: string,
  settings: Partial<ApplicationSettings['limits']>,
  pauses: readonly number[],
  request: Partial<StartRequest>,
][] = [
  ['recipient_sends_interval', {}, [29], {}],
  ['recipient_sends_hour', {}, [30, 30, 30, 30, 30], {}],
  ['recipient_sends_day', { recipientSendsHourMax: 20 }, new Array(10).fill(60), {}],
  [
    'address_starts_hour',
    { recipientSendIntervalSeconds: 0, recipientSendsHourMax: 20, addressStartsHourMax: 3 },
    [1, 1, 1],
    { client: { address: '203.0.113.9' } },
  ],
  [
    'address_starts_day',
    { recipientSendIntervalSeconds: 0, recipientSendsHourMax: 20, addressStartsDayMax: 2 },
    [1, 1],
    { client: { address: '2001:db8::1' } },
  ],
];

for (const [limit, settings, pauses, request] of reached) {
  test(`a start beyond ${limit} names it, is recorded as blocked, and sends nothing`, async () => {
    const caller = await opened.newCaller({ limits: { ...defaultLimits, ...settings } });
    for (const pause of pauses) {
      await opened.start(caller, request);
      await opened.advance(pause);
    }
    const refusal = refusalOf(await startAs(caller, request));
    assert.equal(refusal.code, 'limit_reached');
    assert.equal(refusal.limit?.name, limit);
    assert.equal(handedFor(caller).length, pauses.length);
    const query = { status: 'blocked', limit: 10 };
    const blocked = await opened.service.listVerifications(caller, query);
    assert.ok(blocked.ok);
    assert.deepEqual(
      blocked.value.items.map(({ blockedReason, deliveries, finishedAtMs, createdAtMs }) => [
        blockedReason,
        deliveries.length,
        finishedAtMs === createdAtMs,
      ]),
      [[limit, 0, true]],
    );
    await opened.advance(refusal.retryAfterSeconds ?? 0);
    await opened.start(caller, request);
  });
}

test('the limits of a recipient hold over spellings, purposes and channels', async () => {
  const caller = await opened.newCaller();
  await opened.start(caller, { purpose: 'login' });
  for (const request of [
    { recipient: '+1 (415) 555-0123', purpose: 'payment' },
    { recipient: '0014155550123', country: 'DE' },
    { recipient: '+1‑415‑555‑0123', channel: 'whatsapp' as const },
    { recipient: '+١٤١٥٥٥٥٠١٢٣' },
  ]) {
    const refusal = refusalOf(await startAs(caller, request));
    assert.equal(refusal.limit?.name, 'recipient_sends_interval', request.recipient);
  }
  const other = await opened.newCaller();
  await opened.start(other);
});

test('a second start supersedes the first, whose code is dead', async () => {
  const caller = await opened.newCaller();
  const first = await opened.start(caller, { purpose: 'login' });
  await opened.advance(30);
  const second = await opened.start(caller, { purpose: 'login' });
  assert.notEqual(second.id, first.id);
  const verdict = await opened.check(caller, first.id, opened.codeOf(first.id));
  assert.deepEqual([verdict.approved, verdict.reason], [false, 'canceled']);
  assert.equal((await opened.check(caller, second.id, opened.codeOf(second.id))).approved, true);
});

test('a start for another purpose leaves the live verification alone', async () => {
  const caller = await opened.newCaller();
  const login = await opened.start(caller, { purpose: 'login' });
  await opened.advance(30);
  await opened.start(caller, { purpose: 'payment' });
  assert.equal((await opened.check(caller, login.id, opened.codeOf(login.id))).approved, true);
});

test('with the rule reuse a second start is one more send of the same verification', async () => {
  const caller = await opened.newCaller({ secondStart: 'reuse' });
  const first = await opened.start(caller);
  const early = refusalOf(await startAs(caller));
  assert.equal(early.limit?.name, 'verification_resend_interval');
  await opened.advance(30);
  const oldCode = opened.codeOf(first.id);
  const second = await opened.start(caller);
  assert.equal(second.id, first.id);
  assert.equal(second.sendsLeft, 3);
  assert.equal(second.deliveries.length, 2);
  const newCode = opened.codeOf(first.id);
  if (newCode !== oldCode) {
    assert.equal((await opened.check(caller, first.id, oldCode)).reason, 'wrong_code');
  }
  assert.equal((await opened.check(caller, first.id, newCode)).approved, true);
});

test('with the rule reject a second start is refused while the first is live', async () => {
  const caller = await opened.newCaller({ secondStart: 'reject' });
  const first = await opened.start(caller);
  await opened.advance(60);
  const refusal = refusalOf(await startAs(caller));
  assert.equal(refusal.code, 'verification_exists');
  assert.ok(refusal.detail.includes(first.id));
  assert.equal(refusal.verificationId, first.id);
  assert.equal(handedFor(caller).length, 1);
  await opened.advance(300);
  await opened.start(caller);
});

for (const secondStart of ['supersede', 'reuse', 'reject'] as const) {
  test(`of two starts at once one verification is live, with the rule ${secondStart}`, async () => {
    const limits = { ...defaultLimits, recipientSendIntervalSeconds: 0 };
    const caller = await opened.newCaller({ secondStart, limits });
    await Promise.all(Array.from({ length: 5 }, () => startAs(caller)));
    const query = { status: 'pending', limit: 10 };
    const pending = await opened.service.listVerifications(caller, query);
    assert.equal(pending.ok && pending.value.items.length, 1);
  });
}

test('a start is refused for a country that the application does not allow', async () => {
  const caller = await opened.newCaller({ countries: ['DE'] });
  const refusal = refusalOf(await startAs(caller));
  assert.deepEqual([refusal.code, refusal.pointer], ['country_not_allowed', '/recipient']);
  await opened.start(caller, { recipient: '+4915123456789' });
  await opened.start(caller, { recipient: 'ana@example.com' });
  const aside = { channels: [{ channel: 'sms' as const, to: phone }] };
  const other = refusalOf(await startAs(caller, { recipient: '+4915123456780', ...aside }));
  assert.deepEqual([other.code, other.pointer], ['country_not_allowed', '/channels/0/to']);
});

test('a budget lets through what it can pay for, and the next day again', async () => {
  const caller = await opened.newCaller({ dailyBudget: { amount: '0.02', currency: 'USD' } });
  await opened.start(caller, { recipient: numberAt(1) });
  await opened.start(caller, { recipient: numberAt(2) });
  const refusal = refusalOf(await startAs(caller, { recipient: numberAt(3) }));
  assert.equal(refusal.code, 'budget_exhausted');
  assert.equal(refusal.limit?.name, 'application_budget_day');
  assert.equal(handedFor(caller).length, 2);
  await opened.advance(refusal.retryAfterSeconds ?? 0);
  await opened.start(caller, { recipient: numberAt(3) });
});

test('several messages of one start are paid for together or not sent at all', async () => {
  const caller = await opened.newCaller({ dailyBudget: { amount: '0.01', currency: 'USD' } });
  const channels = [{ channel: 'sms' as const }, { channel: 'whatsapp' as const }];
  assert.equal(refusalOf(await startAs(caller, { channels })).code, 'budget_exhausted');
  assert.equal(handedFor(caller).length, 0);
  assert.equal(viewOf(await startAs(caller)).status, 'pending');
});

test('a country has a budget of its own within the whole', async () => {
  const budget = { amount: '0.01', currency: 'USD' };
  const caller = await opened.newCaller({ countryDailyBudgets: { US: budget } });
  await opened.start(caller, { recipient: numberAt(1) });
  const refusal = refusalOf(await startAs(caller, { recipient: numberAt(2) }));
  assert.equal(refusal.limit?.name, 'country_budget_day');
  await opened.start(caller, { recipient: '+4915123456789' });
});

test('a budget in another currency than the prices refuses instead of comparing them', async () => {
  const caller = await opened.newCaller({ dailyBudget: { amount: '5', currency: 'EUR' } });
  assert.equal(refusalOf(await startAs(caller)).code, 'channel_unavailable');
  assert.equal(handedFor(caller).length, 0);
});

test('a delivery costs what its provider charges', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller);
  await opened.whenIdle();
  const read = await opened.service.readVerification(caller, id);
  const [delivery] = read.ok ? read.value.deliveries : [];
  assert.deepEqual(delivery?.cost, { amount: '0.01', currency: 'USD' });
});

test('a budget that no price can be counted against lets nothing be sent', async () => {
  const unpriced = await openService();
  try {
    const dailyBudget = { amount: '5', currency: 'EUR' };
    const caller = await unpriced.newCaller({ dailyBudget });
    const request = { recipient: '+14155550123' };
    const refusal = refusalOf(await unpriced.service.startVerification(caller, request, null));
    assert.deepEqual([refusal.code, refusal.pointer], ['channel_unavailable', '/channel']);
  } finally {
    await unpriced.end();
  }
});

async function failTen(caller: Caller): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const { id } = await opened.start(caller);
    const code = opened.codeOf(id);
    for (let guess = 1; guess <= 5; guess++) await opened.check(caller, id, wrong(code, guess));
    await opened.advance(60);
  }
}

test('after ten failed guesses codes of six digits are dead and new ones have eight', async () => {
  const caller = await opened.newCaller();
  const live = await opened.start(caller, { purpose: 'payment' });
  await opened.advance(60);
  await failTen(caller);
  const dead = await opened.check(caller, live.id, opened.codeOf(live.id));
  assert.deepEqual([dead.approved, dead.reason], [false, 'too_many_checks']);
  assert.equal(opened.comparisons(live.id), 0);
  const next = await opened.start(caller);
  assert.match(opened.codeOf(next.id), /^\d{8}$/);
  const code = opened.codeOf(next.id);
  assert.equal((await opened.check(caller, next.id, code)).approved, true);
});

test('after ten failed guesses a short code of the caller’s own is refused', async () => {
  const caller = await opened.newCaller();
  await failTen(caller);
  const refusal = refusalOf(await startAs(caller, { customCode: '135790' }));
  assert.deepEqual([refusal.code, refusal.pointer], ['code_invalid', '/customCode']);
  const { id } = await opened.start(caller, { customCode: '13579024' });
  assert.equal(opened.codeOf(id), '13579024');
});

test('guessing one code at many recipients makes every new code eight digits long', async () => {
  const caller = await opened.newCaller();
  for (let index = 0; index < 20; index++) {
    const { id } = await opened.start(caller, { recipient: numberAt(index) });
    const code = opened.codeOf(id);
    for (let guess = 1; guess <= 5; guess++) await opened.check(caller, id, wrong(code, guess));
  }
  const next = await opened.start(caller, { recipient: numberAt(100) });
  assert.match(opened.codeOf(next.id), /^\d{8}$/);
  await opened.advance(600);
  const later = await opened.start(caller, { recipient: numberAt(101) });
  assert.match(opened.codeOf(later.id), /^\d{6}$/);
});
