import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { defaultLimits } from '#domain/limits.ts';
import type { Result } from '#domain/refusal.ts';
import { type Storage, StorageUnavailable } from '#service/ports.ts';
import { type OpenedService, openService, refusalOf, take } from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';
import type { Answer } from '#service/views.ts';

const recipient = '+14155550123';
const reference = 'person-1';
const limits = { ...defaultLimits, recipientSendIntervalSeconds: 0, recipientSendsHourMax: 20 };
const noRoom = { ...limits, recipientSendsHourMax: 1 };

/** What happens between a refusal and its being kept. */
let meanwhile: () => Promise<void> = async () => undefined;
let refusalsKept = 0;
let opened: OpenedService;

const watching = (storage: Storage): Storage => ({
  ...storage,
  async keepRefusal(refusal) {
    refusalsKept++;
    await meanwhile();
    return storage.keepRefusal(refusal);
  },
});

before(async () => {
  opened = await openService({ around: watching });
});
after(() => opened.end());

type Run = (caller: Caller) => Promise<Result<Answer<object>>>;

/** Every verb in a state that refuses it, and what makes it pass. */
const verbs: readonly [
  verb: string,
  prepare: (caller: Caller) => Promise<{ run: Run; allow: () => Promise<unknown> }>,
  refused: string,
][] = [
  [
    'start',
    async ({ application }) => ({
      run: (caller) =>
        opened.service.startVerification(caller, { recipient, template: 'late' }, 'key-1'),
      allow: () => saveTemplate(application.id),
    }),
    'template_not_found',
  ],
  [
    'check by recipient',
    async (caller) => ({
      run: (asking) => opened.service.checkRecipient(asking, { recipient, code: '0' }, 'key-1'),
      allow: () => opened.start(caller),
    }),
    'verification_not_found',
  ],
  [
    'check by reference',
    async (caller) => ({
      run: (asking) => opened.service.checkReference(asking, { reference, code: '0' }, 'key-1'),
      allow: () => opened.start(caller, { reference }),
    }),
    'verification_not_found',
  ],
  [
    'check',
    async (caller) => {
      const transaction = { amount: '1.00', currency: 'EUR', payee: 'Bakery' };
      const { id } = await opened.start(caller, { transaction });
      const { application } = caller;
      let settings = { ...application.settings, transactionRequiredAtCheck: true };
      return {
        run: (asking) =>
          opened.service.checkCode(
            { ...asking, application: { ...application, settings } },
            { verificationId: id, code: '0' },
            'key-1',
          ),
        async allow() {
          settings = application.settings;
        },
      };
    },
    'request_invalid',
  ],
  [
    'resend',
    async (caller) => {
      const { id } = await opened.start(caller);
      return {
        run: (asking) => opened.service.resendCode(asking, { verificationId: id }, 'key-1'),
        allow: () => opened.advance(60),
      };
    },
    'limit_reached',
  ],
  [
    'message',
    async ({ application }) => {
      let isAllowed = false;
      return {
        run: (asking) => {
          const countries = isAllowed ? ('all' as const) : ['DE'];
          const settings = { ...application.settings, countries };
          const its = { ...asking, application: { ...application, settings } };
          return opened.service.sendMessage(its, { recipient, text: 'Hello' }, 'key-1');
        },
        async allow() {
          isAllowed = true;
        },
      };
    },
    'country_not_allowed',
  ],
];

async function saveTemplate(applicationId: string): Promise<void> {
  const text = '{{code}} is your code';
  const variants = [
    { channel: 'sms' as const, language: 'en', prefix: null, subject: null, text, html: null },
  ];
  const template = { name: 'late', state: 'approved' as const, purposes: [], variants };
  take(await opened.service.saveTemplate(applicationId, template));
}

for (const [verb, prepare, refused] of verbs) {
  test(`a refused ${verb} stays refused where refusals are kept, and nowhere else`, async () => {
    const plain = await opened.newCaller({ limits });
    const other = await prepare(plain);
    assert.equal(refusalOf(await other.run(plain)).code, refused);
    const kept = refusalsKept;
    await other.allow();
    take(await other.run(plain));
    assert.equal(refusalsKept, kept);

    const caller: Caller = { ...(await opened.newCaller({ limits })), keepsRefusals: true };
    const { run, allow } = await prepare(caller);
    const first = refusalOf(await run(caller));
    assert.equal(first.code, refused);
    await allow();
    assert.deepEqual(refusalOf(await run(caller)), first);
    assert.deepEqual(refusalOf(await run(caller)), first);
  });
}

test('a cancel that was refused stays refused', async () => {
  const caller: Caller = { ...(await opened.newCaller()), keepsRefusals: true };
  const { id } = await opened.start(caller);
  assert.equal((await opened.check(caller, id, opened.codeOf(id))).approved, true);
  const cancel = () => opened.service.cancelVerification(caller, id, 'key-1');
  const first = refusalOf(await cancel());
  assert.equal(first.code, 'verification_finished');
  const kept = refusalsKept;
  assert.deepEqual(refusalOf(await cancel()), first);
  assert.equal(refusalsKept, kept + 1);
});

test('a step that took effect while it was refused answers with the effect', async () => {
  const caller: Caller = { ...(await opened.newCaller({ limits })), keepsRefusals: true };
  const start = () =>
    opened.service.startVerification(caller, { recipient, template: 'late' }, 'key-1');
  // Another node, which knew the template already, is faster.
  let effect: Awaited<ReturnType<typeof start>> | null = null;
  meanwhile = async () => {
    meanwhile = async () => undefined;
    await saveTemplate(caller.application.id);
    effect = await start();
  };
  const answered = take(await start());
  assert.ok(effect !== null);
  assert.deepEqual(answered, { view: take<Answer<object>>(effect).view, isReplay: true });
  const handed = opened.provider.handed.filter(
    ({ applicationId }) => applicationId === caller.application.id,
  );
  assert.equal(handed.length, 1);
});

test('of two nodes that refuse the same step with different words the first is heard', async () => {
  const caller: Caller = { ...(await opened.newCaller()), keepsRefusals: true };
  const at = (asking: Caller) =>
    opened.service.startVerification(asking, { recipient, template: 'late' }, 'key-1');
  const settings = { ...caller.application.settings, countries: ['DE'] };
  const first = refusalOf(
    await at({ ...caller, application: { ...caller.application, settings } }),
  );
  assert.equal(first.code, 'country_not_allowed');
  assert.deepEqual(refusalOf(await at(caller)), first);
});

test('what says that a key is taken is not kept, and a failed storage neither', async () => {
  const caller: Caller = { ...(await opened.newCaller({ limits: noRoom })), keepsRefusals: true };
  const start = (key: string, purpose = 'login') =>
    opened.service.startVerification(caller, { recipient, purpose }, key);
  const first = take(await start('key-1'));
  const kept = refusalsKept;
  assert.equal(refusalOf(await start('key-1', 'other')).code, 'idempotency_key_reused');
  assert.equal(refusalsKept, kept);
  assert.equal(take(await start('key-1')).view.id, first.view.id);
  meanwhile = async () => {
    meanwhile = async () => undefined;
    throw new StorageUnavailable('The disk is full.');
  };
  await assert.rejects(start('key-2'), StorageUnavailable);
  await opened.advance(3_600);
  assert.equal(take(await start('key-2')).isReplay, false);
});

test('without a key nothing is kept, and what no longer opens stays refused', async () => {
  const caller: Caller = { ...(await opened.newCaller({ limits: noRoom })), keepsRefusals: true };
  await opened.start(caller);
  const kept = refusalsKept;
  const start = (key: string | null) =>
    opened.service.startVerification(caller, { recipient }, key);
  assert.equal(refusalOf(await start(null)).code, 'limit_reached');
  assert.equal(refusalsKept, kept);
  assert.equal(refusalOf(await start('key-1')).code, 'limit_reached');
  const { openAnswer } = opened.vault;
  opened.vault.openAnswer = () => null;
  const unread = refusalOf(await start('key-1'));
  opened.vault.openAnswer = openAnswer;
  assert.equal(unread.code, 'idempotency_key_reused');
});

test('who comes too late starts nothing, and is told what took effect in time', async () => {
  const inTime: Caller = { ...(await opened.newCaller({ limits })), keepsRefusals: true };
  const tooLate = { code: 'request_invalid', detail: 'Too old.' } as const;
  const late: Caller = { ...inTime, tooLate };
  const start = (caller: Caller, key: string) =>
    opened.service.startVerification(caller, { recipient }, key);
  const first = take(await start(inTime, 'in-time'));
  const again = take(await start(late, 'in-time'));
  assert.deepEqual([again.view.id, again.isReplay], [first.view.id, true]);
  const handed = opened.provider.handed.length;
  assert.equal(refusalOf(await start(late, 'late')).detail, tooLate.detail);
  assert.equal(refusalOf(await start(inTime, 'late')).detail, tooLate.detail, 'it is kept');
  assert.equal(opened.provider.handed.length, handed);
});
