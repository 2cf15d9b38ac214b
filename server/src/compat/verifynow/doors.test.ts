/** The invariants of the core through this door, alone and together with our own. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bodyOf, type OpenedFacade, openFacade } from '#compat/facade.fixture.ts';
import { verifynow } from '#compat/verifynow/facade.ts';
import {
  type Envelope,
  mobileNumber,
  newVerifyNowClient,
  responseCodeOf,
} from '#compat/verifynow/verifynow.fixture.ts';
import { decimalHandle } from '#domain/handle.ts';
import { defaultLimits } from '#domain/limits.ts';
import { take, wrong } from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

const recipient = `+91${mobileNumber}`;

let opened: OpenedFacade;
before(async () => {
  opened = await openFacade(verifynow);
});
after(() => opened.end());

function inParallel<Value>(count: number, step: (index: number) => Promise<Value>) {
  return Promise.all(Array.from({ length: count }, (_, index) => step(index)));
}

/** How often each answer came. */
function tallyOf(values: readonly unknown[]): Record<string, number> {
  const tally: Record<string, number> = {};
  for (const value of values) tally[String(value)] = (tally[String(value)] ?? 0) + 1;
  return tally;
}

test('of 40 right codes at once exactly one verifies, thirty times over', async () => {
  const client = await newVerifyNowClient(opened);
  for (let round = 0; round < 30; round++) {
    const { verificationId, code } = await client.sendsCode(String(9_876_500_000 + round));
    const answers = await inParallel(40, () => client.validate({ verificationId, code }));
    const tally = tallyOf(answers.map(responseCodeOf));
    assert.equal(tally['200'], 1, JSON.stringify(tally));
    assert.ok(Object.keys(tally).every((name) => ['200', '703', '800'].includes(name)));
  }
});

test('of 40 wrong codes at once five are compared', async () => {
  const client = await newVerifyNowClient(opened);
  const { verificationId, id, code } = await client.sendsCode();
  const guess = (index: number) =>
    client.validate({ verificationId, code: wrong(code, index + 1) });
  const tally = tallyOf((await inParallel(40, guess)).map(responseCodeOf));
  assert.deepEqual(tally, { 702: 5, 800: 35 });
  assert.equal(opened.comparisons(id), 5);
});

test('of 40 sends at once one sends, and the others name its verification', async () => {
  const client = await newVerifyNowClient(opened);
  const answers = (await inParallel(40, () => client.send())).map((one) => bodyOf<Envelope>(one));
  assert.deepEqual(tallyOf(answers.map((one) => one.responseCode)), { 200: 1, 506: 39 });
  assert.equal(new Set(answers.map(({ data }) => data?.['verificationId'])).size, 1);
  await opened.whenIdle();
  const { id } = client.caller.application;
  assert.equal(opened.provider.handed.filter((one) => one.applicationId === id).length, 1);
});

test('sends at once never pass the balance', async () => {
  const client = await newVerifyNowClient(opened, { balance: { messages: 5 } });
  const to = (index: number) => client.send({ mobileNumber: String(9_876_500_000 + index) });
  const tally = tallyOf((await inParallel(20, to)).map(responseCodeOf));
  assert.deepEqual(tally, { 200: 5, 800: 15 });
});

test('at two doors at once the recipient has one budget of sends for a day', async () => {
  const limits = { ...defaultLimits, recipientSendsDayMax: 3, recipientSendIntervalSeconds: 0 };
  const client = await newVerifyNowClient(opened, { limits });
  const purposes = ['a', 'b', 'c', 'd'];
  const ours = purposes.map((purpose) =>
    opened.service.startVerification(client.caller, { recipient, purpose }, null),
  );
  const [theirs, ...started] = await Promise.all([client.send(), ...ours]);
  const sent = started.filter(({ ok }) => ok).length + (responseCodeOf(theirs) === 200 ? 1 : 0);
  assert.equal(sent, 3);
  await opened.advance(61);
  assert.equal(responseCodeOf(await client.send()), 800);
});

async function failAtOurDoor(caller: Caller, times: number): Promise<void> {
  for (let start = 0; start < times / 5; start++) {
    const request = { recipient, purpose: `p${start}` };
    const { id } = take(await opened.service.startVerification(caller, request, null)).view;
    const code = opened.codeOf(id);
    for (let by = 1; by <= 5; by++) await opened.check(caller, id, wrong(code, by));
    await opened.advance(31);
  }
}

test('at two doors at once the recipient has one budget of guesses', async () => {
  const client = await newVerifyNowClient(opened);
  await failAtOurDoor(client.caller, 5);
  const theirs = await client.sendsCode();
  const request = { recipient, purpose: 'login' };
  await opened.advance(30);
  const ours = take(await opened.service.startVerification(client.caller, request, null)).view;
  const ourCode = opened.codeOf(ours.id);
  const before = opened.comparisons(theirs.id) + opened.comparisons(ours.id);
  await inParallel(20, async (index) => {
    const code = wrong(theirs.code, index + 1);
    const both = [
      client.validate({ verificationId: theirs.verificationId, code }),
      opened.check(client.caller, ours.id, wrong(ourCode, index + 1)),
    ];
    await Promise.all(both);
  });
  // Five of ten were spent before; after ten no code of so few digits is compared.
  assert.equal(opened.comparisons(theirs.id) + opened.comparisons(ours.id) - before, 5);
  const late = await client.validate({ verificationId: theirs.verificationId, code: theirs.code });
  assert.equal(responseCodeOf(late), 800);
});

test('after ten wrong codes the next one has eight digits, whatever was asked for', async () => {
  const client = await newVerifyNowClient(opened);
  await failAtOurDoor(client.caller, 10);
  const { verificationId, code } = await client.sendsCode();
  assert.match(code, /^\d{8}$/);
  assert.equal(responseCodeOf(await client.validate({ verificationId, code })), 200);
});

test('our own API shows a verification with its origin, and can cancel it', async () => {
  const client = await newVerifyNowClient(opened);
  const { id, verificationId, code } = await client.sendsCode();
  const {
    origin,
    purpose,
    recipient: shown,
    status,
  } = take(await opened.service.readVerification(client.caller, id));
  assert.deepEqual(
    [origin, purpose, shown, status],
    ['verifynow', 'verifynow', '+91••••••3210', 'pending'],
  );
  const list = take(await opened.service.listVerifications(client.caller, { limit: 10 }));
  assert.equal(list.items[0]?.id, id);
  take(await opened.service.cancelVerification(client.caller, id, null));
  assert.equal(responseCodeOf(await client.validate({ verificationId, code })), 700);
  assert.equal(responseCodeOf(await client.send()), 200);
});

test('a code of another door is no code here, and spends no guess', async () => {
  const client = await newVerifyNowClient(opened);
  const { id } = take(
    await opened.service.startVerification(client.caller, { recipient, purpose: 'login' }, null),
  ).view;
  const code = opened.codeOf(id);
  const answer = await client.validate({ verificationId: decimalHandle(id), code });
  assert.equal(responseCodeOf(answer), 505);
  assert.equal((await opened.check(client.caller, id, code)).approved, true);
});

test('the clients of one application never reach the verifications of another', async () => {
  const one = await newVerifyNowClient(opened);
  const other = await newVerifyNowClient(opened);
  const { verificationId, code } = await one.sendsCode();
  assert.equal(responseCodeOf(await other.validate({ verificationId, code })), 505);
  assert.equal(responseCodeOf(await other.send()), 200);
  const customerId = other.customerId;
  assert.equal(responseCodeOf(await one.validate({ verificationId, code, customerId })), 501);
  assert.equal(responseCodeOf(await one.validate({ verificationId, code })), 200);
});
