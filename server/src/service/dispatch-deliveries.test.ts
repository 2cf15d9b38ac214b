import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { defaultSettings } from '#domain/application.ts';
import { createComposeAgain } from '#service/compose-again.ts';
import { createDeliveryDispatcher } from '#service/dispatch-deliveries.ts';
import { parseKeyRing } from '#service/key-ring.ts';
import { silentLog } from '#service/log.fixture.ts';
import { makeId } from '#service/make-id.ts';
import type { SendOutcome } from '#service/provider-port.ts';
import { createProviderRoutes } from '#service/provider-routes.ts';
import {
  accepted,
  createTestProvider,
  hold,
  newerTestKey,
  numberAt,
  type OpenedService,
  openService,
  type TestProvider,
  take,
  testKey,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';
import { createTemplateLibrary } from '#service/template-library.ts';
import { resealSecrets } from '#service/vault.ts';

const unavailable: SendOutcome = { kind: 'unavailable', error: 'Not now.' };
const refused: SendOutcome = { kind: 'refused', error: 'Not there.' };
const unknown: SendOutcome = { kind: 'unknown', error: 'No answer.' };

let opened: OpenedService;
let first: TestProvider;
let second: TestProvider;
before(async () => {
  first = createTestProvider({ name: 'first', channels: ['sms', 'email'], concurrencyMax: 2 });
  second = createTestProvider({ name: 'second', channels: ['sms', 'whatsapp'] });
  opened = await openService({ providers: [first, second], deliveryTimeoutSeconds: 0.05 });
});
after(() => opened.end());

/** Starts one, over providers that answer so; what they were handed for it is counted. */
async function begin(
  answers: { first?: SendOutcome; second?: SendOutcome },
  route: readonly string[] = ['first', 'second'],
) {
  first.answer = () => answers.first ?? accepted;
  second.answer = () => answers.second ?? accepted;
  const caller = await opened.newCaller({ providers: { sms: route } });
  const { id } = await opened.start(caller);
  await opened.whenIdle();
  const handed = () =>
    [first, second].flatMap(({ name, handed: all }) =>
      all
        .filter(({ verificationId }) => verificationId === id)
        .map(({ isPossibleDuplicate }) => `${name}${isPossibleDuplicate ? ' again' : ''}`),
    );
  return { caller, id, handed };
}

async function deliveryOf(caller: Caller, id: string) {
  const [delivery] = take(await opened.service.readVerification(caller, id)).deliveries;
  assert.ok(delivery);
  return delivery;
}

test('a provider that takes the message is asked once', async () => {
  const { caller, id, handed } = await begin({});
  await opened.advance(60);
  assert.deepEqual(handed(), ['first']);
  assert.equal((await deliveryOf(caller, id)).status, 'sent');
});

test('what was not taken is tried again with growing pauses, four times in all', async () => {
  const { caller, id, handed } = await begin({ first: unavailable }, ['first']);
  for (const [index, longestSeconds] of [1, 2, 4].entries()) {
    assert.equal(handed().length, index + 1);
    assert.equal((await deliveryOf(caller, id)).status, 'queued');
    await opened.advance(longestSeconds);
  }
  assert.equal(handed().length, 4);
  const delivery = await deliveryOf(caller, id);
  assert.deepEqual([delivery.status, delivery.error], ['failed', 'Not now.']);
  await opened.advance(100);
  assert.equal(handed().length, 4);
  const { history, status } = take(await opened.service.readVerification(caller, id));
  assert.equal(status, 'pending', 'a delivery never decides the verification');
  assert.equal(history.filter(({ event }) => event === 'retried').length, 3);
});

test('nothing is tried again before its pause is over', async () => {
  const { handed } = await begin({ first: { ...unavailable, retryAfterMs: 20_000 } }, ['first']);
  await opened.advance(18);
  assert.equal(handed().length, 1);
  await opened.advance(2);
  assert.equal(handed().length, 2);
});

test('the next provider of the route is tried when one is unavailable', async () => {
  const { caller, id, handed } = await begin({ first: unavailable });
  await opened.advance(1);
  assert.deepEqual(handed(), ['first', 'second']);
  const delivery = await deliveryOf(caller, id);
  assert.deepEqual([delivery.status, delivery.provider], ['sent', 'second']);
});

test('what one provider refused goes to each other once', async () => {
  const taken = await begin({ first: refused });
  await opened.advance(30);
  assert.deepEqual(taken.handed(), ['first', 'second']);
  const nowhere = await begin({ first: refused, second: refused });
  await opened.advance(30);
  assert.deepEqual(nowhere.handed(), ['first', 'second']);
  assert.equal((await deliveryOf(nowhere.caller, nowhere.id)).status, 'failed');
});

test('what may have been taken unseen is sent once more, marked, and then given up', async () => {
  const { caller, id, handed } = await begin({ first: unknown, second: unknown });
  await opened.advance(30);
  assert.deepEqual(handed(), ['first', 'second again']);
  const delivery = await deliveryOf(caller, id);
  assert.deepEqual([delivery.status, delivery.error], ['failed', 'No answer.']);
});

test('a provider that answers too late is told to stop, and the next one is tried', async () => {
  const caller = await opened.newCaller({ providers: { sms: ['first', 'second'] } });
  let isStopped = false;
  first.answer = (_, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        isStopped = true;
        resolve(unknown);
      });
    });
  second.answer = () => accepted;
  const { id } = await opened.start(caller);
  await opened.whenIdle();
  assert.ok(isStopped);
  await opened.advance(1);
  assert.equal(second.handed.at(-1)?.isPossibleDuplicate, true);
  assert.equal((await deliveryOf(caller, id)).status, 'sent');
});

test('a provider that does not stop when told to is given up on', async () => {
  const caller = await opened.newCaller({ providers: { sms: ['first', 'second'] } });
  first.answer = () => new Promise(() => {});
  second.answer = () => accepted;
  const { id } = await opened.start(caller);
  await opened.whenIdle();
  assert.equal((await deliveryOf(caller, id)).status, 'queued');
  await opened.advance(1);
  assert.equal(second.handed.at(-1)?.isPossibleDuplicate, true);
  assert.equal((await deliveryOf(caller, id)).status, 'sent');
});

test('a provider that throws is one of which nobody knows what it did', async () => {
  const caller = await opened.newCaller({ providers: { sms: ['first'] } });
  first.answer = () => {
    throw new Error('a bug');
  };
  const { id } = await opened.start(caller);
  await opened.whenIdle();
  assert.equal((await deliveryOf(caller, id)).status, 'queued');
  first.answer = () => accepted;
  await opened.advance(1);
  assert.equal(first.handed.at(-1)?.isPossibleDuplicate, true);
  assert.equal((await deliveryOf(caller, id)).status, 'sent');
});

test('a slow provider holds no other up, and has no more under way than it allows', async () => {
  const caller = await opened.newCaller({ providers: { sms: ['first'] } });
  const held = hold<SendOutcome>();
  const before = first.handed.length;
  first.answer = () => held.promise;
  second.answer = () => accepted;
  const slow = [];
  for (let index = 0; index < 10; index++) {
    slow.push(await opened.start(caller, { recipient: numberAt(index) }));
  }
  assert.equal(first.handed.length - before, 2);
  const fast = await opened.start(caller, { recipient: numberAt(99), channel: 'whatsapp' });
  assert.equal(second.handed.at(-1)?.verificationId, fast.id);
  held.release(accepted);
  await opened.whenIdle();
  assert.equal(first.handed.length - before, 10);
  for (const { id } of slow) assert.equal((await deliveryOf(caller, id)).status, 'sent');
});

test('a message whose code a resend replaced is not tried again', async () => {
  const { caller, id, handed } = await begin({ first: { ...unavailable, retryAfterMs: 60_000 } }, [
    'first',
  ]);
  await opened.advance(30);
  first.answer = () => accepted;
  take(await opened.service.resendCode(caller, { verificationId: id }, null));
  await opened.advance(120);
  assert.deepEqual(handed(), ['first', 'first']);
  const { deliveries } = take(await opened.service.readVerification(caller, id));
  assert.deepEqual(
    deliveries.map(({ status, error }) => [status, error]),
    [
      ['failed', 'A newer code took its place.'],
      ['sent', null],
    ],
  );
});

test('a message of a finished verification is not tried again', async () => {
  const { caller, id, handed } = await begin({ first: unavailable }, ['first']);
  take(await opened.service.cancelVerification(caller, id, null));
  await opened.advance(10);
  assert.deepEqual(handed(), ['first']);
  assert.equal((await deliveryOf(caller, id)).status, 'failed');
});

test('receipts move a delivery forward, and a late word of its sending moves nothing', async () => {
  const held = hold<SendOutcome>();
  const caller = await opened.newCaller({ providers: { sms: ['first'] } });
  first.answer = () => held.promise;
  const { id, deliveries } = await opened.start(caller);
  const deliveryId = deliveries[0]?.id ?? '';
  await opened.service.recordReceipt({ deliveryId, status: 'delivered', error: null });
  held.release(accepted);
  await opened.whenIdle();
  assert.equal((await deliveryOf(caller, id)).status, 'delivered');
  await opened.service.recordReceipt({ deliveryId, status: 'undelivered', error: 'x' });
  await opened.service.recordReceipt({ deliveryId, status: 'sent', error: null });
  assert.equal((await deliveryOf(caller, id)).status, 'delivered');
  await opened.service.recordReceipt({ deliveryId: makeId('dl'), status: 'read', error: null });
});

test('beyond five thousand a message waits in storage, for as long as it takes', async () => {
  const own = createTestProvider({ name: 'own', concurrencyMax: 1 });
  const held = hold<SendOutcome>();
  own.answer = () => held.promise;
  // Queued in storage, in nobody's hands.
  const late = { ...unavailable, retryAfterMs: 10_000 };
  const { caller, id } = await begin({ first: late }, ['first']);
  const message = first.handed.at(-1);
  assert.ok(message);
  const dispatcher = createDeliveryDispatcher({
    storage: opened.storage,
    composeAgain: createComposeAgain({
      vault: opened.vault,
      templates: createTemplateLibrary(opened.storage),
    }),
    routes: createProviderRoutes([own]),
    notify: () => undefined,
    applicationOf: async () => ({ ...caller.application, settings: defaultSettings }),
    log: silentLog,
    attemptTimeoutMs: 1_000,
    random: () => 0.5,
    pause: async () => undefined,
  });
  for (let index = 0; index < 5_001; index++) {
    dispatcher.handOver({ ...message, deliveryId: makeId('dl') }, { providers: {} });
  }
  for (let round = 0; round < 8; round++) {
    await opened.storage.sandbox.advanceClock(30_000);
    await dispatcher.claimDue();
    assert.equal((await deliveryOf(caller, id)).status, 'queued', `round ${round}`);
  }
  held.release(accepted);
  await dispatcher.whenIdle();
  assert.equal(own.handed.length, 5_001);
  await opened.storage.sandbox.advanceClock(30_000);
  await dispatcher.claimDue();
  await dispatcher.whenIdle();
  assert.deepEqual(own.handed.at(-1), message);
  assert.equal((await deliveryOf(caller, id)).status, 'sent');
});

/** Opens a folder again after its node died, with a provider that holds what it is handed. */
async function reopen(folder: string, options: { keys?: string } = {}) {
  const provider = createTestProvider();
  const held = hold<SendOutcome>();
  provider.answer = () => held.promise;
  const providers = [provider];
  const node = await openService({ folder, providers, deliveryTimeoutSeconds: 0.05, ...options });
  return { node, provider, die: () => node.abandon() };
}

test('what a dying node had in its hands is sent again once, marked, and no more', async () => {
  const one = await openService({ deliveryTimeoutSeconds: 0.05 });
  const { folder } = one;
  one.provider.answer = () => hold<SendOutcome>().promise;
  const caller = await one.newCaller();
  const { id } = await one.start(caller);
  const code = one.codeOf(id);
  await one.abandon();

  const two = await reopen(folder);
  await two.node.maintenance.deliverDue();
  await two.node.maintenance.deliverDue();
  assert.deepEqual(
    two.provider.handed.map((message) => [message.code, message.isPossibleDuplicate]),
    [[code, true]],
  );
  await two.die();

  const three = await reopen(folder);
  await three.node.maintenance.deliverDue();
  assert.equal(three.provider.handed.length, 0);
  const view = take(await three.node.service.readVerification(caller, id));
  assert.equal(view.deliveries[0]?.status, 'failed');
  // The person may well have the code, so it is still good.
  assert.equal((await three.node.check(caller, id, code)).approved, true);
  await three.die();
  rmSync(folder, { recursive: true });
});

test('a message that no key of the ring opens is failed and not claimed for ever', async () => {
  const one = await openService();
  const { folder } = one;
  one.provider.answer = () => unavailable;
  const caller = await one.newCaller();
  const { id } = await one.start(caller);
  await one.whenIdle();
  const ring = parseKeyRing(`${newerTestKey},${testKey}`);
  assert.ok(ring.ok);
  await resealSecrets(one.storage, ring.ring);
  await one.abandon();

  const two = await reopen(folder, { keys: newerTestKey });
  await two.node.storage.sandbox.advanceClock(10_000);
  await two.node.maintenance.deliverDue();
  await two.node.whenIdle();
  const found = await two.node.storage.readVerification(caller.application.id, id);
  assert.equal(found?.deliveries[0]?.status, 'failed');
  assert.equal(two.provider.handed.length, 0);
  await two.die();
  rmSync(folder, { recursive: true });
});
