import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ApplicationSettings } from '#domain/application.ts';
import { defaultLimits } from '#domain/limits.ts';
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
import type { VerdictView } from '#service/views.ts';

let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

/** A new application with one verification, and the code that was sent. */
async function begin(request = {}, settings: Partial<ApplicationSettings> = {}) {
  const caller = await opened.newCaller(settings);
  const { id } = await opened.start(caller, request);
  return { caller, id, code: opened.codeOf(id) };
}

const outcomes = (verdicts: readonly VerdictView[]) =>
  verdicts.map(({ approved, reason, status }) => `${approved ? 'yes' : reason} ${status}`);

test('the right code approves, once and with a proof', async () => {
  const { caller, id, code } = await begin();
  const first = await opened.check(caller, id, code);
  assert.deepEqual([first.approved, first.reason, first.status], [true, null, 'approved']);
  assert.ok(first.proof);
  assert.ok(first.finishedAtMs !== null && first.checksLeft === 0);
  const second = await opened.check(caller, id, code);
  assert.deepEqual([second.approved, second.reason], [false, 'already_used']);
  assert.equal(second.proof, null);
  assert.equal(opened.comparisons(id), 1);
});

for (const [name, spelled] of [
  ['with blanks and dashes', (code: string) => ` ${code.slice(0, 3)}-${code.slice(3)} `],
  ['in Arabic digits', (code: string) => [...code].map((digit) => '٠١٢٣٤٥٦٧٨٩'[+digit]).join('')],
] as const) {
  test(`the right code ${name} approves`, async () => {
    const { caller, id, code } = await begin();
    assert.equal((await opened.check(caller, id, spelled(code))).approved, true);
  });
}

test('a code of the caller’s own approves in either case, with its zeros', async () => {
  const letters = await begin({ customCode: 'aB12cd' });
  assert.equal((await opened.check(letters.caller, letters.id, 'AB12CD')).approved, true);
  const zeros = await begin({ customCode: '000123' });
  assert.equal((await opened.check(zeros.caller, zeros.id, '123')).reason, 'wrong_code');
  assert.equal((await opened.check(zeros.caller, zeros.id, '000123')).approved, true);
});

test('after five wrong codes the right one is refused and is not even compared', async () => {
  const { caller, id, code } = await begin();
  const verdicts: VerdictView[] = [];
  for (let guess = 1; guess <= 5; guess++) {
    verdicts.push(await opened.check(caller, id, wrong(code, guess)));
  }
  verdicts.push(await opened.check(caller, id, code));
  assert.deepEqual(outcomes(verdicts), [
    'wrong_code pending',
    'wrong_code pending',
    'wrong_code pending',
    'wrong_code pending',
    'wrong_code failed',
    'too_many_checks failed',
  ]);
  assert.deepEqual(
    verdicts.map(({ checksLeft }) => checksLeft),
    [4, 3, 2, 1, 0, 0],
  );
  assert.equal(opened.comparisons(id), 5);
});

test('what cannot be a code is a guess like any other, and never approves', async () => {
  const { caller, id, code } = await begin({ checksMax: 10 });
  const typed = [`${code}0`, code.slice(1), 'abcdef', '!!!!!!', `${code}\n`, '0', '-'];
  for (const guess of typed) {
    assert.equal((await opened.check(caller, id, guess)).reason, 'wrong_code', guess);
  }
  const { checksLeft } = take(await opened.service.readVerification(caller, id));
  assert.equal(checksLeft, 10 - typed.length);
  for (const guess of ['', '1'.repeat(17)]) {
    const check = { verificationId: id, code: guess };
    const refusal = refusalOf(await opened.service.checkCode(caller, check, null));
    assert.deepEqual([refusal.code, refusal.pointer], ['request_invalid', '/code']);
  }
});

test('a code is right until the last millisecond of its life, and late after it', async () => {
  const { caller, id, code } = await begin({ lifetimeSeconds: 30 });
  await opened.advance(30);
  const late = await opened.check(caller, id, code);
  assert.deepEqual([late.approved, late.reason, late.status], [false, 'expired', 'expired']);
  assert.equal(opened.comparisons(id), 0);
  assert.equal(late.finishedAtMs, late.expiresAtMs);
});

test('a canceled verification approves nothing', async () => {
  const { caller, id, code } = await begin();
  take(await opened.service.cancelVerification(caller, id, null));
  assert.equal((await opened.check(caller, id, code)).reason, 'canceled');
});

test('a blocked start has no code that could be guessed', async () => {
  const { caller } = await begin();
  await opened.service.startVerification(caller, { recipient: '+14155550123' }, null);
  const list = await opened.service.listVerifications(caller, { status: 'blocked', limit: 1 });
  const id = list.ok ? (list.value.items[0]?.id ?? '') : '';
  assert.equal((await opened.check(caller, id, '000000')).reason, 'canceled');
  assert.equal(opened.comparisons(id), 0);
});

test('an unknown, a malformed and another application’s id answer the same', async () => {
  const { id, code } = await begin();
  const stranger = await opened.newCaller();
  const last = id.at(-1) === '0' ? '1' : '0';
  const answers = [];
  for (const verificationId of [id, `${id.slice(0, -1)}${last}`, 'vf_1', '', `${id} `]) {
    const result = await opened.service.checkCode(stranger, { verificationId, code }, null);
    answers.push(refusalOf(result));
  }
  assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  assert.equal(answers[0]?.code, 'verification_not_found');
  assert.equal(opened.comparisons(id), 0);
});

test('of 40 right checks at once exactly one approves, thirty times over', async () => {
  const limits = { ...defaultLimits, recipientSendIntervalSeconds: 0 };
  const caller = await opened.newCaller({ limits, checksMax: 10 });
  for (let round = 0; round < 30; round++) {
    const { id } = await opened.start(caller, { recipient: numberAt(round) });
    const code = opened.codeOf(id);
    const verdicts = await Promise.all(
      Array.from({ length: 40 }, () => opened.check(caller, id, code)),
    );
    assert.equal(verdicts.filter(({ approved }) => approved).length, 1);
    assert.equal(verdicts.filter(({ proof }) => proof !== null).length, 1);
    assert.ok(opened.comparisons(id) <= 10);
    for (const { approved, reason } of verdicts) {
      assert.ok(approved || reason === 'already_used' || reason === 'too_many_checks');
    }
    const read = take(await opened.service.readVerification(caller, id));
    assert.equal(read.status, 'approved');
    assert.equal(read.history.filter(({ event }) => event === 'approved').length, 1);
  }
});

test('of 39 wrong checks and a right one at once no more than five are compared', async () => {
  const caller = await opened.newCaller();
  for (let round = 0; round < 20; round++) {
    const { id } = await opened.start(caller, { recipient: numberAt(round) });
    const code = opened.codeOf(id);
    const verdicts = await Promise.all(
      Array.from({ length: 40 }, (_, place) =>
        opened.check(caller, id, place === round * 2 ? code : wrong(code, place + 1)),
      ),
    );
    assert.equal(opened.comparisons(id), 5);
    const approvals = verdicts.filter(({ approved }) => approved).length;
    const { status } = take(await opened.service.readVerification(caller, id));
    assert.equal(approvals, status === 'approved' ? 1 : 0);
    assert.ok(status === 'approved' || status === 'failed', status);
  }
});

test('a thousand wrong checks at once compare five and refuse the rest', async () => {
  const { caller, id, code } = await begin();
  const verdicts = await Promise.all(
    Array.from({ length: 1_000 }, (_, place) => opened.check(caller, id, wrong(code, place + 1))),
  );
  assert.equal(opened.comparisons(id), 5);
  const reasons = new Set(verdicts.map(({ reason }) => reason));
  assert.deepEqual([...reasons].sort(), ['too_many_checks', 'wrong_code']);
  assert.ok(verdicts.filter(({ reason }) => reason === 'wrong_code').length <= 5);
});

test('verifications, channels and purposes at once share the recipient’s budget', async () => {
  const limits = { ...defaultLimits, recipientSendIntervalSeconds: 0, recipientSendsHourMax: 20 };
  const settings = { limits: { ...limits, recipientSendsDayMax: 20 }, checksMax: 10 };
  const caller = await opened.newCaller(settings);
  const channels = ['sms', 'whatsapp', 'voice'] as const;
  const started = await Promise.all(
    Array.from({ length: 15 }, (_, place) =>
      opened.start(caller, { purpose: `purpose-${place}`, channel: channels[place % 3] ?? 'sms' }),
    ),
  );
  await Promise.all(
    started.flatMap(({ id }) =>
      Array.from({ length: 10 }, (_, guess) =>
        opened.check(caller, id, wrong(opened.codeOf(id), guess + 1)),
      ),
    ),
  );
  const compared = started.reduce((sum, { id }) => sum + opened.comparisons(id), 0);
  assert.equal(compared, 10, 'ten guesses at six digits in a day');
  // Nobody is locked out: a longer code works.
  const next = await opened.start(caller, { purpose: 'login' });
  const code = opened.codeOf(next.id);
  assert.equal(code.length, 8);
  assert.equal((await opened.check(caller, next.id, code)).approved, true);
});

test('a right guess is no failed one: a hundred approvals spend no budget', async () => {
  const limits = { ...defaultLimits, recipientSendIntervalSeconds: 0, recipientSendsHourMax: 20 };
  const settings = { limits: { ...limits, recipientSendsDayMax: 20 } };
  const caller = await opened.newCaller(settings);
  for (let day = 0; day < 2; day++) {
    for (let round = 0; round < 15; round++) {
      const { id } = await opened.start(caller);
      const code = opened.codeOf(id);
      assert.equal(code.length, 6);
      assert.equal((await opened.check(caller, id, code)).approved, true);
    }
    await opened.advance(86_400);
  }
});

test('guesses from one address are limited over all recipients, right ones excepted', async () => {
  const limits = { ...defaultLimits, addressFailuresHourMax: 3 };
  const caller = await opened.newCaller({ limits });
  const from = (address: string, verificationId: string, code: string) =>
    opened.service.checkCode(caller, { verificationId, code, client: { address } }, null);
  for (let index = 0; index < 3; index++) {
    const { id } = await opened.start(caller, { recipient: numberAt(index) });
    take(await from('203.0.113.9', id, wrong(opened.codeOf(id))));
    assert.equal(viewOf(await from('203.0.113.9', id, opened.codeOf(id))).approved, true);
    if (index === 1) break;
  }
  const { id } = await opened.start(caller, { recipient: numberAt(9) });
  const code = opened.codeOf(id);
  take(await from('203.0.113.200', id, wrong(code)));
  const refusal = refusalOf(await from('::ffff:203.0.113.7', id, code));
  assert.equal(refusal.limit?.name, 'address_failed_guesses_hour');
  assert.equal(opened.comparisons(id), 1);
  assert.equal(viewOf(await from('203.0.114.9', id, code)).approved, true);
});

test('a code is worthless for another application and for another purpose', async () => {
  const shop = await opened.newCaller();
  const bank = await opened.newCaller();
  const recipient = '+14155550123';
  const inShop = await opened.start(shop, { customCode: '111111', purpose: 'login' });
  await opened.start(bank, { customCode: '222222', purpose: 'login' });
  await opened.advance(30);
  await opened.start(shop, { customCode: '333333', purpose: 'payment' });
  const check = async (caller: Caller, purpose: string, code: string) =>
    viewOf(await opened.service.checkRecipient(caller, { recipient, purpose, code }, null));
  assert.equal((await check(bank, 'login', '111111')).reason, 'wrong_code');
  assert.equal((await check(shop, 'payment', '111111')).reason, 'wrong_code');
  const stranger = { verificationId: inShop.id, code: '111111' };
  const refusal = refusalOf(await opened.service.checkCode(bank, stranger, null));
  assert.equal(refusal.code, 'verification_not_found');
  const elsewhere = { verificationId: inShop.id, code: '111111', purpose: 'payment' };
  const missed = refusalOf(await opened.service.checkCode(shop, elsewhere, null));
  assert.equal(missed.code, 'verification_not_found');
  assert.equal((await check(shop, 'login', '111111')).approved, true);
  assert.equal((await check(bank, 'login', '222222')).checksLeft, 0);
});

test('a check by recipient finds what is live, in any spelling, and nothing else', async () => {
  const { caller, code } = await begin();
  const guess = { recipient: '(415) 555-0123', country: 'US', code };
  assert.equal(viewOf(await opened.service.checkRecipient(caller, guess, null)).approved, true);
  const refusal = refusalOf(await opened.service.checkRecipient(caller, guess, null));
  assert.equal(refusal.code, 'verification_not_found');
  for (const [request, pointer] of [
    [{ ...guess, recipient: '12' }, '/recipient'],
    [{ ...guess, purpose: '' }, '/purpose'],
    [{ ...guess, code: '' }, '/code'],
  ] as const) {
    const wrongRequest = await opened.service.checkRecipient(caller, request, null);
    assert.equal(refusalOf(wrongRequest).pointer, pointer);
  }
});

const transaction = { amount: '10.00', currency: 'EUR', payee: 'Bakery' };
const changes = [
  { ...transaction, amount: '1000.00' },
  { ...transaction, amount: '10.0' },
  { ...transaction, currency: 'USD' },
  { ...transaction, payee: 'Baker' },
];

for (const changed of changes) {
  const { amount, currency, payee } = changed;
  test(`a check that says ${amount} ${currency} to ${payee} kills the code`, async () => {
    const { caller, id, code } = await begin({ transaction });
    const check = { verificationId: id, code, transaction: changed };
    const verdict = viewOf(await opened.service.checkCode(caller, check, null));
    assert.deepEqual(
      [verdict.approved, verdict.reason, verdict.status],
      [false, 'wrong_code', 'failed'],
    );
    assert.equal(opened.comparisons(id), 0);
    const right = { verificationId: id, code, transaction };
    assert.equal(viewOf(await opened.service.checkCode(caller, right, null)).approved, false);
    const { history } = take(await opened.service.readVerification(caller, id));
    const failed = history.find(({ event }) => event === 'failed');
    assert.match(failed?.detail ?? '', /another transaction/);
  });
}

test('a check that repeats the transaction, or may leave it out, approves', async () => {
  const repeated = await begin({ transaction });
  const check = { verificationId: repeated.id, code: repeated.code, transaction };
  const verdict = await opened.service.checkCode(repeated.caller, check, null);
  assert.equal(viewOf(verdict).approved, true);
  const silent = await begin({ transaction });
  assert.equal((await opened.check(silent.caller, silent.id, silent.code)).approved, true);
});

test('where the transaction must be repeated, a check without it costs nothing', async () => {
  const { caller, id, code } = await begin({ transaction }, { transactionRequiredAtCheck: true });
  const missing = await opened.service.checkCode(caller, { verificationId: id, code }, null);
  assert.equal(refusalOf(missing).pointer, '/transaction');
  const check = { verificationId: id, code, transaction };
  const verdict = viewOf(await opened.service.checkCode(caller, check, null));
  assert.equal(verdict.approved, true);
});

test('no answer, log line or history ever shows a code or a whole recipient', async () => {
  const { caller, id, code } = await begin({ reference: 'r1' });
  const answers = [
    await opened.check(caller, id, wrong(code)),
    take(await opened.service.readVerification(caller, id)),
    await opened.check(caller, id, code),
    ...opened.log,
    ...opened.events,
  ];
  const text = JSON.stringify(answers);
  assert.ok(!text.includes(code) && !text.includes('4155550123'));
});

test('a check by reference guesses at the newest verification that has it', async () => {
  const reference = 'person-1';
  const first = await begin({ reference });
  const { caller } = first;
  const guess = { reference, code: first.code };
  const older = viewOf(await opened.service.checkReference(caller, { ...guess, code: '0' }, null));
  assert.deepEqual([older.id, older.reason], [first.id, 'wrong_code']);
  await opened.advance(60);
  const newer = await opened.start(caller, { reference, recipient: '+14155550188' });
  const replaced = viewOf(await opened.service.checkReference(caller, guess, null));
  assert.deepEqual([replaced.id, replaced.approved], [newer.id, false]);
  const code = opened.codeOf(newer.id);
  const verdict = await opened.service.checkReference(caller, { reference, code }, 'key-1');
  assert.equal(viewOf(verdict).approved, true);
  const used = viewOf(await opened.service.checkReference(caller, { reference, code }, null));
  assert.equal(used.reason, 'already_used');
  // The same request again, although another one has the reference now.
  await opened.start(caller, { reference, recipient: '+14155550187' });
  const again = take(await opened.service.checkReference(caller, { reference, code }, 'key-1'));
  assert.deepEqual([again.view, again.isReplay], [viewOf(verdict), true]);
});

test('a check by reference passes over refused starts, doors and purposes', async () => {
  const reference = 'person-1';
  const { caller, id, code } = await begin({ reference, purpose: 'login' });
  const refused = await opened.service.startVerification(
    caller,
    { recipient: '+14155550123', reference },
    null,
  );
  assert.equal(refusalOf(refused).code, 'limit_reached');
  for (const other of [
    { purpose: 'payment' },
    { channel: 'email' as const },
    { origin: 'kafka' },
    { reference: 'person-2' },
  ]) {
    const missed = await opened.service.checkReference(caller, { reference, code, ...other }, null);
    assert.equal(refusalOf(missed).code, 'verification_not_found', JSON.stringify(other));
  }
  const found = { reference, code, purpose: 'login', channel: 'sms', origin: 'api' } as const;
  const verdict = viewOf(await opened.service.checkReference(caller, found, null));
  assert.deepEqual([verdict.id, verdict.approved], [id, true]);
});

test('a concealed reference shows nothing of its text, and is another one elsewhere', async () => {
  const [shop, bank] = [await opened.newCaller(), await opened.newCaller()];
  const reference = opened.service.concealedReference(shop, '1871201460101');
  assert.match(reference, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(opened.service.concealedReference(shop, '1871201460101'), reference);
  assert.notEqual(opened.service.concealedReference(bank, '1871201460101'), reference);
  const { id } = await opened.start(shop, { reference });
  const guess = { reference, code: opened.codeOf(id) };
  assert.equal(viewOf(await opened.service.checkReference(shop, guess, null)).approved, true);
});
