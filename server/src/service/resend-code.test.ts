import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ApplicationSettings } from '#domain/application.ts';
import { defaultLimits } from '#domain/limits.ts';
import type { ResendRequest } from '#service/requests.ts';
import {
  numberAt,
  type OpenedService,
  openService,
  refusalOf,
  take,
  viewOf,
  wrong,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

const limits = {
  ...defaultLimits,
  recipientSendIntervalSeconds: 0,
  recipientSendsHourMax: 20,
  recipientSendsDayMax: 20,
};
let opened: OpenedService;
/** What happens between the comparing of a guess and its settling, once. */
let meanwhile: (() => Promise<unknown>) | null = null;
before(async () => {
  opened = await openService({
    around: (storage) => ({
      ...storage,
      async settleGuess(step) {
        const happening = meanwhile;
        meanwhile = null;
        await happening?.();
        return storage.settleGuess(step);
      },
    }),
  });
});
after(() => opened.end());

async function begin(request = {}, settings: Partial<ApplicationSettings> = {}) {
  const caller = await opened.newCaller({ limits, ...settings });
  const { id, createdAtMs } = await opened.start(caller, request);
  return { caller, id, createdAtMs, code: opened.codeOf(id) };
}

const resend = (caller: Caller, verificationId: string, more: Partial<ResendRequest> = {}) =>
  opened.service.resendCode(caller, { verificationId, ...more }, null);

test('a resend makes a new code, and the old one is a wrong one from then on', async () => {
  // Ten digits: two codes in a row are the same once in ten thousand million runs.
  const { caller, id, code } = await begin({ code: { length: 10 } });
  await opened.advance(30);
  const view = viewOf(await resend(caller, id));
  assert.deepEqual([view.status, view.sendsLeft, view.deliveries.length], ['pending', 3, 2]);
  const fresh = opened.codeOf(id);
  assert.notEqual(fresh, code);
  assert.match(fresh, /^\d{10}$/);
  assert.equal((await opened.check(caller, id, code)).reason, 'wrong_code');
  assert.equal((await opened.check(caller, id, fresh)).approved, true);
});

test('a guess compared with a code that a resend replaces meanwhile is a wrong one', async () => {
  const { caller, id, code } = await begin();
  await opened.advance(30);
  meanwhile = async () => take(await resend(caller, id));
  const verdict = await opened.check(caller, id, code);
  assert.deepEqual([verdict.approved, verdict.reason], [false, 'wrong_code']);
  assert.equal(verdict.status, 'pending');
  assert.equal((await opened.check(caller, id, opened.codeOf(id))).approved, true);
});

for (const [name, event, reason] of [
  [
    'canceled',
    (caller: Caller, id: string) => opened.service.cancelVerification(caller, id, null),
    'canceled',
  ],
  ['expired', () => opened.storage.sandbox.advanceClock(600_000), 'expired'],
] as const) {
  test(`a right guess whose verification is ${name} meanwhile approves nothing`, async () => {
    const { caller, id, code } = await begin();
    meanwhile = () => event(caller, id);
    const verdict = await opened.check(caller, id, code);
    assert.deepEqual(
      [verdict.approved, verdict.reason, verdict.status, verdict.proof],
      [false, reason, reason, null],
    );
  });
}

test('an application may have the same code sent again', async () => {
  const { caller, id, code } = await begin({}, { resendCode: 'same' });
  await opened.advance(30);
  take(await resend(caller, id));
  assert.equal(opened.codeOf(id), code);
  assert.equal((await opened.check(caller, id, code)).approved, true);
});

test('a code of the caller’s own is sent again as it is', async () => {
  const { caller, id } = await begin({ customCode: '135790' });
  await opened.advance(30);
  take(await resend(caller, id));
  assert.equal(opened.codeOf(id), '135790');
  assert.equal((await opened.check(caller, id, '135790')).approved, true);
});

test('waits of 30, 60, 120 and 300 seconds lie between five sends, and then no more', async () => {
  const { caller, id } = await begin({ lifetimeSeconds: 900 }, { lifetimeSecondsMax: 900 });
  for (const wait of [30, 60, 120, 300]) {
    await opened.advance(wait - 1);
    const early = refusalOf(await resend(caller, id));
    assert.equal(early.limit?.name, 'verification_resend_interval');
    assert.equal(early.retryAfterSeconds, 1);
    await opened.advance(1);
    take(await resend(caller, id));
  }
  await opened.advance(300);
  assert.equal(refusalOf(await resend(caller, id)).limit?.name, 'verification_sends');
  const view = take(await opened.service.readVerification(caller, id));
  assert.deepEqual([view.sendsLeft, view.resendAllowedAtMs], [0, null]);
});

test('no resend lets a code live past ten minutes from the first send', async () => {
  const { caller, id, createdAtMs } = await begin();
  await opened.advance(290);
  const extended = viewOf(await resend(caller, id));
  assert.ok(Math.abs(extended.expiresAtMs - createdAtMs - 590_000) < 1_000);
  await opened.advance(290);
  const last = viewOf(await resend(caller, id));
  assert.equal(last.expiresAtMs, createdAtMs + 600_000);
  await opened.advance(19);
  const code = opened.codeOf(id);
  await opened.advance(1);
  assert.equal((await opened.check(caller, id, code)).reason, 'expired');
});

test('a resend never refills the guesses of its verification', async () => {
  const { caller, id } = await begin();
  for (let guess = 1; guess <= 4; guess++) {
    await opened.check(caller, id, wrong(opened.codeOf(id), guess));
  }
  await opened.advance(30);
  assert.equal(viewOf(await resend(caller, id)).checksLeft, 1);
  const last = await opened.check(caller, id, wrong(opened.codeOf(id)));
  assert.deepEqual([last.reason, last.status], ['wrong_code', 'failed']);
  assert.equal(refusalOf(await resend(caller, id)).code, 'verification_finished');
});

test('wrong guesses and resends, over and over, stop at the recipient’s budget', async () => {
  const caller = await opened.newCaller({ limits });
  const compared = new Map<number, number>();
  const guessTwice = async (id: string) => {
    const code = opened.codeOf(id);
    const before = opened.comparisons(id);
    await opened.check(caller, id, wrong(code, 1));
    await opened.check(caller, id, wrong(code, 2));
    const more = opened.comparisons(id) - before;
    compared.set(code.length, (compared.get(code.length) ?? 0) + more);
  };
  for (let round = 0; round < 10; round++) {
    const { id } = await opened.start(caller);
    await guessTwice(id);
    await opened.advance(60);
    await resend(caller, id);
    await guessTwice(id);
    await opened.advance(60);
  }
  assert.deepEqual(Object.fromEntries(compared), { 6: 10, 8: 10, 10: 20 });
});

test('a resend for a recipient of many failures carries a longer code', async () => {
  const { caller, id } = await begin({ purpose: 'payment' });
  for (let round = 0; round < 2; round++) {
    const other = await opened.start(caller, { purpose: 'login' });
    for (let guess = 1; guess <= 5; guess++) {
      await opened.check(caller, other.id, wrong(opened.codeOf(other.id), guess));
    }
  }
  await opened.advance(30);
  take(await resend(caller, id));
  const code = opened.codeOf(id);
  assert.equal(code.length, 8);
  assert.equal((await opened.check(caller, id, code)).approved, true);
});

test('a short code of the caller’s own is not replaced by one it does not know', async () => {
  const { caller, id } = await begin({ purpose: 'payment', customCode: '135790' });
  for (let round = 0; round < 2; round++) {
    const other = await opened.start(caller, { purpose: 'login' });
    for (let guess = 1; guess <= 5; guess++) {
      await opened.check(caller, other.id, wrong(opened.codeOf(other.id), guess));
    }
  }
  await opened.advance(30);
  assert.equal(refusalOf(await resend(caller, id)).code, 'code_invalid');
  assert.equal(opened.codeOf(id), '135790');
});

test('a resend may go over another channel to the same recipient', async () => {
  const { caller, id } = await begin();
  await opened.advance(30);
  const view = viewOf(await resend(caller, id, { channel: 'whatsapp' }));
  assert.equal(view.channel, 'whatsapp');
  const message = opened.provider.handed.findLast(({ verificationId }) => verificationId === id);
  assert.deepEqual([message?.channel, message?.destination], ['whatsapp', '+14155550123']);
});

test('a resend goes to all destinations, or to those on the channel that is named', async () => {
  const channels = [
    { channel: 'sms' as const },
    { channel: 'email' as const, to: 'ana@example.com' },
  ];
  const { caller, id } = await begin({ channels });
  await opened.advance(30);
  assert.equal(viewOf(await resend(caller, id)).deliveries.length, 4);
  await opened.advance(60);
  const view = viewOf(await resend(caller, id, { channel: 'email' }));
  assert.equal(view.deliveries.length, 5);
  const message = opened.provider.handed.findLast(({ verificationId }) => verificationId === id);
  assert.equal(message?.destination, 'ana@example.com');
});

const unreachable: readonly [
  name: string,
  request: { recipient: string },
  resend: Partial<ResendRequest>,
  settings: Partial<ApplicationSettings>,
  code: string,
][] = [
  [
    'a mailbox by sms',
    { recipient: 'ana@example.com' },
    { channel: 'sms' },
    {},
    'recipient_invalid',
  ],
  [
    'to a number by mail',
    { recipient: numberAt(1) },
    { channel: 'email' },
    {},
    'recipient_invalid',
  ],
  [
    'over a channel that is not allowed',
    { recipient: numberAt(2) },
    { channel: 'voice' },
    { channels: ['sms'] },
    'channel_not_allowed',
  ],
  [
    'over a channel that is none',
    { recipient: numberAt(3) },
    { channel: 'toString' as 'sms' },
    {},
    'request_invalid',
  ],
];

for (const [name, request, more, settings, code] of unreachable) {
  test(`a resend ${name} is refused, and the code that was sent stays good`, async () => {
    const { caller, id, code: sent } = await begin(request, settings);
    await opened.advance(30);
    const refusal = refusalOf(await resend(caller, id, more));
    assert.deepEqual([refusal.code, refusal.pointer], [code, '/channel']);
    assert.equal((await opened.check(caller, id, sent)).approved, true);
  });
}

test('of resends at once one is sent', async () => {
  const { caller, id } = await begin();
  await opened.advance(30);
  const results = await Promise.all(Array.from({ length: 10 }, () => resend(caller, id)));
  assert.equal(results.filter(({ ok }) => ok).length, 1);
  assert.equal(take(await opened.service.readVerification(caller, id)).deliveries.length, 2);
  const sent = opened.provider.handed.filter(({ verificationId }) => verificationId === id);
  assert.equal(sent.length, 2);
  assert.equal((await opened.check(caller, id, opened.codeOf(id))).approved, true);
});

test('resends count as sends to the recipient', async () => {
  const settings = { limits: { ...limits, recipientSendsHourMax: 2 } };
  const { caller, id } = await begin({}, settings);
  await opened.advance(30);
  take(await resend(caller, id));
  await opened.advance(60);
  assert.equal(refusalOf(await resend(caller, id)).limit?.name, 'recipient_sends_hour');
});

test('nothing is sent again for what is finished, unknown or another application’s', async () => {
  const { caller, id, code } = await begin();
  await opened.check(caller, id, code);
  assert.equal(refusalOf(await resend(caller, id)).code, 'verification_finished');
  const stranger = await opened.newCaller();
  assert.equal(refusalOf(await resend(stranger, id)).code, 'verification_not_found');
  assert.equal(refusalOf(await resend(caller, 'vf_1')).code, 'verification_not_found');
});
