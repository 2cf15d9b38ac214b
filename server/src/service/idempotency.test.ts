import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { defaultLimits } from '#domain/limits.ts';
import { type Storage, StorageUnavailable } from '#service/ports.ts';
import {
  type OpenedService,
  openService,
  refusalOf,
  take,
  viewOf,
  wrong,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

const recipient = '+14155550123';
const limits = { ...defaultLimits, recipientSendIntervalSeconds: 0, recipientSendsHourMax: 20 };

/** Steps whose effect is there although the node never heard of it, as after a crash. */
let lost = new Set<'keepAnswer' | 'settleGuess'>();
let opened: OpenedService;

function losing(storage: Storage): Storage {
  const crash = (step: 'keepAnswer' | 'settleGuess') => {
    if (lost.delete(step)) throw new StorageUnavailable('The node died here.');
  };
  return {
    ...storage,
    async keepAnswer(keyHash, sealedAnswer) {
      crash('keepAnswer');
      await storage.keepAnswer(keyHash, sealedAnswer);
    },
    async settleGuess(step) {
      crash('settleGuess');
      return storage.settleGuess(step);
    },
  };
}

before(async () => {
  opened = await openService({ around: losing });
});
beforeEach(() => {
  lost = new Set();
});
after(() => opened.end());

const handedTo = ({ application }: Caller) =>
  opened.provider.handed.filter(({ applicationId }) => applicationId === application.id).length;

/** Every verb as a step that can be repeated under a key, on a verification of its own. */
const verbs: readonly [
  verb: string,
  prepare: (caller: Caller) => Promise<(key: string, isOther?: boolean) => Promise<unknown>>,
  sends: number,
][] = [
  [
    'start',
    async (caller) =>
      (key, isOther = false) =>
        opened.service.startVerification(
          caller,
          { recipient, purpose: isOther ? 'other' : 'login' },
          key,
        ),
    1,
  ],
  [
    'resend',
    async (caller) => {
      const { id } = await opened.start(caller);
      await opened.advance(30);
      return (key, isOther = false) =>
        opened.service.resendCode(
          caller,
          { verificationId: id, ...(isOther ? { channel: 'sms' as const } : {}) },
          key,
        );
    },
    2,
  ],
  [
    'cancel',
    async (caller) => {
      const { id } = await opened.start(caller);
      return (key, isOther = false) =>
        opened.service.cancelVerification(caller, isOther ? `${id}x` : id, key);
    },
    1,
  ],
  [
    'check',
    async (caller) => {
      const { id } = await opened.start(caller);
      const code = opened.codeOf(id);
      return (key, isOther = false) =>
        opened.service.checkCode(
          caller,
          { verificationId: id, code: isOther ? wrong(code) : code },
          key,
        );
    },
    1,
  ],
  [
    'check by recipient',
    async (caller) => {
      const { id } = await opened.start(caller);
      const code = opened.codeOf(id);
      return (key, isOther = false) =>
        opened.service.checkRecipient(
          caller,
          { recipient, code: isOther ? wrong(code) : code },
          key,
        );
    },
    1,
  ],
];

type Repeatable = { ok: true; value: { view: object; isReplay: boolean } };

for (const [verb, prepare, sends] of verbs) {
  test(`a repeated ${verb} answers the same again and does nothing`, async () => {
    const caller = await opened.newCaller({ limits });
    const step = await prepare(caller);
    const first = (await step('key-1')) as Repeatable;
    assert.deepEqual([first.ok, first.value.isReplay], [true, false]);
    await opened.advance(60);
    const second = (await step('key-1')) as Repeatable;
    assert.deepEqual(second, { ok: true, value: { view: first.value.view, isReplay: true } });
    assert.equal(handedTo(caller), sends);
  });

  test(`a ${verb} of another body under the same key is refused`, async () => {
    const caller = await opened.newCaller({ limits });
    const step = await prepare(caller);
    await step('key-1');
    const other = (await step('key-1', true)) as Parameters<typeof refusalOf>[0];
    assert.equal(refusalOf(other).code, 'idempotency_key_reused');
    assert.equal(handedTo(caller), sends);
  });

  test(`of ten times the same ${verb} at once one is done and the others are not`, async () => {
    const caller = await opened.newCaller({ limits });
    const step = await prepare(caller);
    const results = (await Promise.all(Array.from({ length: 10 }, () => step('key-1')))) as Awaited<
      ReturnType<OpenedService['service']['checkCode']>
    >[];
    const firsts = results.filter((result) => result.ok && !result.value.isReplay);
    assert.equal(firsts.length, 1);
    for (const result of results) {
      if (result.ok) assert.deepEqual(result.value.view, firsts[0]?.ok && firsts[0].value.view);
      else assert.equal(result.error.code, 'idempotency_key_in_use');
    }
    assert.equal(handedTo(caller), sends);
  });

  test(`a ${verb} whose answer was lost is answered from its effect, once it is sure`, async () => {
    const caller = await opened.newCaller({ limits });
    const step = await prepare(caller);
    lost.add('keepAnswer');
    await assert.rejects(step('key-1') as Promise<unknown>, StorageUnavailable);
    const early = (await step('key-1')) as Parameters<typeof refusalOf>[0];
    assert.equal(refusalOf(early).code, 'idempotency_key_in_use');
    assert.ok((refusalOf(early).retryAfterSeconds ?? 0) >= 1);
    await opened.advance(10);
    const late = (await step('key-1')) as Repeatable;
    assert.equal(late.ok, true);
    const again = (await step('key-1')) as Repeatable;
    assert.deepEqual(again.value, { view: late.value.view, isReplay: true });
    assert.equal(handedTo(caller), sends);
  });
}

test('an approval whose answer was lost is answered as an approval, with a proof', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller);
  const check = { verificationId: id, code: opened.codeOf(id) };
  lost.add('keepAnswer');
  await assert.rejects(opened.service.checkCode(caller, check, 'key-1'), StorageUnavailable);
  await opened.advance(10);
  const verdict = viewOf(await opened.service.checkCode(caller, check, 'key-1'));
  assert.deepEqual([verdict.approved, verdict.reason, verdict.status], [true, null, 'approved']);
  assert.ok(verdict.proof);
  assert.equal(opened.comparisons(id), 1);
  const other = viewOf(await opened.service.checkCode(caller, check, 'key-2'));
  assert.deepEqual([other.approved, other.reason], [false, 'already_used']);
});

test('a guess that was consumed and not settled is compared when it is repeated', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller);
  const check = { verificationId: id, code: opened.codeOf(id) };
  lost.add('settleGuess');
  await assert.rejects(opened.service.checkCode(caller, check, 'key-1'), StorageUnavailable);
  const between = take(await opened.service.readVerification(caller, id));
  assert.deepEqual([between.status, between.checksLeft], ['pending', 4]);
  await opened.advance(10);
  const verdict = viewOf(await opened.service.checkCode(caller, check, 'key-1'));
  assert.equal(verdict.approved, true);
});

test('a guess that was consumed and lost stays consumed', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller);
  const code = opened.codeOf(id);
  for (let guess = 0; guess < 5; guess++) {
    lost.add('settleGuess');
    const check = { verificationId: id, code: wrong(code) };
    await assert.rejects(opened.service.checkCode(caller, check, null), StorageUnavailable);
  }
  assert.equal((await opened.check(caller, id, code)).reason, 'too_many_checks');
  assert.equal(opened.comparisons(id), 5);
});

test('the same key in another application, or for another verb, is another step', async () => {
  const shop = await opened.newCaller({ limits });
  const bank = await opened.newCaller({ limits });
  const inShop = take(await opened.service.startVerification(shop, { recipient }, 'key-1'));
  const inBank = take(await opened.service.startVerification(bank, { recipient }, 'key-1'));
  assert.notEqual(inShop.view.id, inBank.view.id);
  const { id } = inShop.view;
  const code = wrong(opened.codeOf(id));
  const byId = await opened.service.checkCode(shop, { verificationId: id, code }, 'key-1');
  assert.equal(viewOf(byId).checksLeft, 4);
  const byRecipient = await opened.service.checkRecipient(shop, { recipient, code }, 'key-1');
  assert.equal(viewOf(byRecipient).checksLeft, 3);
  take(await opened.service.cancelVerification(shop, id, 'key-1'));
});

test('the order of fields and what is undefined make no other request', async () => {
  const caller = await opened.newCaller();
  const first = await opened.service.startVerification(
    caller,
    { recipient, purpose: 'login', metadata: { a: '1', b: '2' } },
    'key-1',
  );
  const reordered = { metadata: { b: '2', a: '1' }, purpose: 'login', recipient };
  const second = take(await opened.service.startVerification(caller, reordered, 'key-1'));
  assert.deepEqual(second, { view: viewOf(first), isReplay: true });
});

test('a refused start is not kept: the same key works once there is room', async () => {
  const caller = await opened.newCaller();
  await opened.start(caller);
  const start = () => opened.service.startVerification(caller, { recipient }, 'key-1');
  const refusal = refusalOf(await start());
  assert.equal(refusal.limit?.name, 'recipient_sends_interval');
  await opened.advance(refusal.retryAfterSeconds ?? 0);
  assert.equal(take(await start()).isReplay, false);
});

test('a key is forgotten after 24 hours and not before', async () => {
  const caller = await opened.newCaller();
  const start = () => opened.service.startVerification(caller, { recipient }, 'key-1');
  const first = take(await start());
  await opened.advance(86_400 - 60);
  await opened.maintenance.purge();
  assert.equal(take(await start()).view.id, first.view.id);
  await opened.advance(120);
  await opened.maintenance.purge();
  assert.notEqual(take(await start()).view.id, first.view.id);
});

test('a repeated start is answered although its template is gone since', async () => {
  const caller = await opened.newCaller({ limits });
  const { id: applicationId } = caller.application;
  const text = '{{code}} is your code';
  const variant = { channel: 'sms', language: 'en', prefix: null, subject: null, text, html: null };
  const variants = [{ ...variant, channel: 'sms' as const }];
  const template = { name: 'brief', state: 'approved' as const, purposes: [], variants };
  take(await opened.service.saveTemplate(applicationId, template));
  const start = () =>
    opened.service.startVerification(caller, { recipient, template: 'brief' }, 'gone-template');
  const first = take(await start());
  take(await opened.service.deleteTemplate(applicationId, 'brief'));
  assert.deepEqual(take(await start()), { ...first, isReplay: true });
});

test('a kept answer that no longer opens is made again from what the step did', async () => {
  const caller = await opened.newCaller({ limits });
  const start = () => opened.service.startVerification(caller, { recipient }, 'unreadable');
  const first = take(await start());
  const { openAnswer } = opened.vault;
  opened.vault.openAnswer = () => null;
  const again = take(await start());
  opened.vault.openAnswer = openAnswer;
  assert.deepEqual([again.view.id, again.isReplay], [first.view.id, true]);
});
