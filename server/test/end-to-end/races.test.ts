import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { nextRecipient } from './hostile-calls.ts';
import {
  type Answer,
  type RunningServer,
  readCode,
  startDevelopmentServer,
  waitFor,
} from './running-server.ts';

/**
 * Many requests at once against the real server (security.md: G-02, G-04, G-07, G-08, K-06). What
 * is judged is only what callers see: verdicts with their reasons, guesses left, and messages.
 */
const roundsOfChecks = 30;
const atOnce = 40;
const checksMax = 5;
/** Longer than what a burst of wrong guesses makes the server ask for in all new codes. */
const rightCode = '48291357';
const wrongCode = '00000000';

let server: RunningServer;
before(async () => {
  server = await startDevelopmentServer();
});
after(() => server.remove());

const defaults = {
  secondStart: null,
  limits: { recipientSendIntervalSeconds: 30, recipientSendsHourMax: 5, recipientSendsDayMax: 10 },
};
const roomy = {
  limits: { recipientSendIntervalSeconds: 0, recipientSendsHourMax: 20, recipientSendsDayMax: 20 },
};

beforeEach(async () => {
  await server.call('POST', '/v1/sandbox/reset');
  await change(defaults);
});

async function change(settings: object): Promise<void> {
  assert.equal((await server.call('PATCH', '/v1/application', settings)).status, 200);
}

async function start(fields: object): Promise<Answer> {
  return server.call('POST', '/v1/verifications', { recipient: nextRecipient(), ...fields });
}

async function startedId(fields: object): Promise<string> {
  const { status, body, text } = await start(fields);
  assert.equal(status, 201, text);
  return body.id;
}

function check(id: string, code: string): Promise<Answer> {
  return server.call('POST', `/v1/verifications/${id}/check`, { code });
}

async function advance(advanceSeconds: number): Promise<void> {
  assert.equal((await server.call('POST', '/v1/sandbox/clock', { advanceSeconds })).status, 200);
}

/** The same call so many times at once. */
function together<Value>(count: number, call: (index: number) => Promise<Value>): Promise<Value[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => call(index)));
}

function countBy<Item>(items: readonly Item[], nameOf: (item: Item) => unknown) {
  const counts: Record<string, number> = {};
  for (const item of items) {
    const name = String(nameOf(item));
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

async function messagesTo(recipient: string): Promise<{ text: string; verificationId: string }[]> {
  const query = new URLSearchParams({ recipient, limit: '200' });
  return (await server.call('GET', `/v1/sandbox/messages?${query}`)).body.items;
}

test('of forty right checks at once exactly one approves, thirty times over', async () => {
  for (let round = 0; round < roundsOfChecks; round++) {
    const id = await startedId({ customCode: rightCode });
    const answers = await together(atOnce, () => check(id, rightCode));
    const { approved, ...others } = countBy(answers, ({ body }) => body.reason ?? 'approved');
    assert.equal(approved, 1);
    // Guesses that are spent and not yet compared leave none for the rest.
    const { already_used: late = 0, too_many_checks: beyond = 0, ...unexpected } = others;
    assert.deepEqual([late + beyond, unexpected], [atOnce - 1, {}]);
    const proofs = answers.filter(({ body }) => body.proof !== undefined);
    assert.deepEqual(
      proofs,
      answers.filter(({ body }) => body.approved),
    );
  }
});

test('of 39 wrong checks and a right one at once no more than five are compared', async () => {
  const rights = { compared: 0, late: 0 };
  for (let round = 0; round < roundsOfChecks; round++) {
    const id = await startedId({ customCode: rightCode });
    const place = round % atOnce;
    const answers = await together(atOnce, (index) =>
      check(id, index === place ? rightCode : wrongCode),
    );
    assert.ok(answers.every(({ status }) => status === 200));
    const approved = answers.filter(({ body }) => body.approved);
    const wrong = answers.filter(({ body }) => body.reason === 'wrong_code');
    assert.ok(approved.length + wrong.length <= checksMax);
    assert.ok(approved.every((answer) => answer === answers[place]));
    const left = wrong.map(({ body }) => body.checksLeft as number);
    assert.ok(left.every((guesses) => guesses >= 0 && guesses < checksMax));
    const { body } = await server.call('GET', `/v1/verifications/${id}`);
    assert.equal(body.status, approved.length === 1 ? 'approved' : 'failed');
    assert.equal(body.checksLeft, 0);
    const isLate = answers[place]?.body.reason === 'too_many_checks';
    assert.equal(approved.length + Number(isLate), 1);
    rights[isLate ? 'late' : 'compared'] += 1;
  }
  assert.ok(rights.compared > 0 && rights.late > 0, JSON.stringify(rights));
});

test('of starts at once for one recipient one is sent, and the rest is refused', async () => {
  const recipient = nextRecipient();
  const answers = await together(atOnce, () => start({ recipient }));
  assert.deepEqual(
    countBy(answers, ({ status }) => status),
    { 201: 1, 429: atOnce - 1 },
  );
  assert.equal((await messagesTo(recipient)).length, 1);
});

test('of starts at once one is left pending, however many may be sent', async () => {
  await change(roomy);
  const recipient = nextRecipient();
  const answers = await together(atOnce, () => start({ recipient, customCode: rightCode }));
  assert.deepEqual(
    countBy(answers, ({ status }) => status),
    { 201: 20, 429: atOnce - 20 },
  );
  const query = `recipient=${encodeURIComponent(recipient)}&limit=200`;
  const { body } = await server.call('GET', `/v1/verifications?${query}`);
  const statuses = countBy(body.items as { status: string }[], ({ status }) => status);
  assert.deepEqual(statuses, { pending: 1, canceled: 19, blocked: atOnce - 20 });
  const approvals = await Promise.all(
    answers.filter(({ status }) => status === 201).map(({ body }) => check(body.id, rightCode)),
  );
  assert.equal(approvals.filter(({ body }) => body.approved).length, 1);
});

test('with the rule reject one start at once is taken, with reuse all have its id', async () => {
  await change({ ...roomy, secondStart: 'reject' });
  const rejecting = nextRecipient();
  const rejected = await together(atOnce, () => start({ recipient: rejecting }));
  assert.deepEqual(
    countBy(rejected, ({ status }) => status),
    { 201: 1, 409: atOnce - 1 },
  );
  await change({ ...roomy, secondStart: 'reuse' });
  const reusing = nextRecipient();
  const reused = await together(atOnce, () => start({ recipient: reusing }));
  const ids = new Set(reused.filter(({ status }) => status === 201).map(({ body }) => body.id));
  assert.equal(ids.size, 1);
  assert.ok(reused.every(({ status }) => status === 201 || status === 429));
});

test('of resends at once one is sent, and its code alone is right', async () => {
  const recipient = nextRecipient();
  const id = await startedId({ recipient });
  const first = await readCode(server, recipient);
  await advance(31);
  const answers = await together(20, () =>
    server.call('POST', `/v1/verifications/${id}/resend`, {}),
  );
  assert.deepEqual(
    countBy(answers, ({ status }) => status),
    { 200: 1, 429: 19 },
  );
  const { body } = await server.call('GET', `/v1/verifications/${id}`);
  assert.equal(body.sendsLeft, 3);
  await waitFor(async () => ((await messagesTo(recipient)).length === 2 ? true : null));
  const second = await readCode(server, recipient);
  if (first !== second) assert.equal((await check(id, first)).body.reason, 'wrong_code');
  assert.equal((await check(id, second)).body.approved, true);
});

test('a key for repeating has one effect, however many requests carry it at once', async () => {
  await change(roomy);
  const recipient = nextRecipient();
  const key = (name: string) => ({ 'idempotency-key': name });
  const body = { recipient, customCode: rightCode };
  const path = '/v1/verifications';
  const starts = await together(atOnce, () => server.call('POST', path, body, key('start')));
  const { id } = onlyEffect(starts, 201);
  assert.equal((await messagesTo(recipient)).length, 1);
  const wrong = await together(atOnce, () =>
    server.call('POST', `${path}/${id}/check`, { code: wrongCode }, key('check')),
  );
  assert.equal(onlyEffect(wrong, 200).checksLeft, checksMax - 1);
  await advance(31);
  const resends = await together(atOnce, () =>
    server.call('POST', `${path}/${id}/resend`, {}, key('resend')),
  );
  assert.equal(onlyEffect(resends, 200).sendsLeft, 3);
  const right = await together(atOnce, () =>
    server.call('POST', `${path}/${id}/check`, { code: rightCode }, key('right')),
  );
  assert.equal(onlyEffect(right, 200).approved, true);
  const other = await server.call('POST', path, { ...body, purpose: 'other' }, key('start'));
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused']);
});

/** All answers but one say that they are that one again, or that it is still being done. */
function onlyEffect(answers: readonly Answer[], status: number) {
  const done = answers.filter((answer) => answer.status === status);
  const waiting = answers.filter((answer) => answer.status === 409);
  assert.equal(
    done.length + waiting.length,
    answers.length,
    JSON.stringify(countBy(answers, ({ body }) => body.code)),
  );
  assert.equal(new Set(done.map(({ text }) => text)).size, 1);
  const fresh = done.filter(({ headers }) => headers.get('idempotent-replayed') === null);
  assert.equal(fresh.length, 1);
  for (const { body, headers } of waiting) {
    assert.equal(body.code, 'idempotency_key_in_use');
    assert.ok(headers.has('retry-after'));
  }
  return fresh[0]?.body;
}

test('changes of different settings at once are all kept', async () => {
  const changes = [
    { checksMax: 3 },
    { sender: 'ACME' },
    { language: 'de' },
    { code: { length: 7 } },
    { code: { alphabet: 'letters' } },
    { limits: { recipientSendsHourMax: 7 } },
    { limits: { recipientSendsDayMax: 9 } },
    { proofIncludesRecipient: true },
  ];
  await Promise.all(changes.map(change));
  const { body } = await server.call('GET', '/v1/application');
  for (const { code, limits, ...settings } of changes) {
    for (const [name, value] of Object.entries(settings)) assert.deepEqual(body[name], value);
    for (const [name, value] of Object.entries(code ?? {})) assert.equal(body.code[name], value);
    for (const [name, value] of Object.entries(limits ?? {})) {
      assert.equal(body.limits[name], value);
    }
  }
  await change({ code: null, checksMax: null, sender: null, language: null });
});

/** Wrong guesses at a verification until it lets no more be compared; how many were. */
async function guessWrong(id: string, count: number): Promise<number> {
  let compared = 0;
  for (let guess = 0; guess < count; guess++) {
    const { body } = await check(id, '000000');
    assert.equal(body.approved, false);
    if (body.reason === 'wrong_code') compared += 1;
  }
  return compared;
}

test('the guesses at a recipient are ten a day over resends, starts and channels', async () => {
  await change(roomy);
  const recipient = nextRecipient();
  let compared = 0;
  const first = await startedId({ recipient, customCode: '482913' });
  compared += await guessWrong(first, 4);
  await advance(31);
  assert.equal((await server.call('POST', `/v1/verifications/${first}/resend`, {})).status, 200);
  compared += await guessWrong(first, 4);
  assert.equal(compared, checksMax);
  const ids: string[] = [];
  for (const fields of [{ channel: 'voice' }, { channel: 'whatsapp', purpose: 'payment' }]) {
    const id = await startedId({ recipient, customCode: '482913', ...fields });
    ids.push(id);
    compared += await guessWrong(id, 3);
  }
  assert.equal(compared, 10);
  // Both codes of six digits that were live are dead now, the right guess included.
  for (const id of ids) {
    const { body } = await check(id, '482913');
    assert.deepEqual([body.approved, body.reason], [false, 'too_many_checks']);
  }
  const weak = await start({ recipient, customCode: '482913' });
  assert.deepEqual([weak.status, weak.body.code], [422, 'code_invalid']);
  const longer = await startedId({ recipient });
  const code = await codeIn(recipient, longer);
  assert.match(code, /^\d{8,}$/);
  assert.equal((await check(longer, code)).body.approved, true);
});

test('after a day without failures codes of six digits are given out again', async () => {
  const recipient = nextRecipient();
  await change(roomy);
  for (let number = 0; number < 2; number++) {
    const id = await startedId({ recipient, customCode: '482913' });
    assert.equal(await guessWrong(id, checksMax + 1), checksMax);
  }
  await advance(23 * 3_600);
  assert.match(await codeIn(recipient, await startedId({ recipient })), /^\d{8}$/);
  await advance(3_700);
  const id = await startedId({ recipient });
  const code = await codeIn(recipient, id);
  assert.match(code, /^\d{6}$/);
  assert.equal((await check(id, code)).body.approved, true);
});

test('wrong guesses at all verifications of a recipient at once are ten at most', async () => {
  await change(roomy);
  const recipient = nextRecipient();
  const channels = ['sms', 'voice', 'whatsapp', 'zalo'];
  const ids = await Promise.all(
    channels.flatMap((channel) =>
      [1, 2, 3].map((number) =>
        startedId({ recipient, channel, purpose: `${channel}-${number}`, customCode: '482913' }),
      ),
    ),
  );
  const answers = await together(ids.length * 8, (index) =>
    check(ids[index % ids.length] ?? '', '000000'),
  );
  const reasons = countBy(answers, ({ body }) => body.reason);
  const { wrong_code: wrong = 0, too_many_checks: refused = 0, ...unexpected } = reasons;
  assert.ok(wrong <= 10, `${wrong} were compared`);
  assert.deepEqual([wrong + refused, unexpected], [answers.length, {}]);
  for (const id of ids) assert.equal((await check(id, '482913')).body.approved, false);
});

async function codeIn(recipient: string, verificationId: string): Promise<string> {
  const message = await waitFor(async () =>
    (await messagesTo(recipient)).find((one) => one.verificationId === verificationId),
  );
  return /\b\d{6,10}\b/.exec(message.text)?.[0] ?? '';
}
