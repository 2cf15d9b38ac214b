/** What the dispatcher does when the storage fails it in the middle of its work. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Application, defaultSettings } from '#domain/application.ts';
import { createComposeAgain } from '#service/compose-again.ts';
import { createDeliveryDispatcher } from '#service/dispatch-deliveries.ts';
import { type AttemptResult, type Storage, StorageUnavailable } from '#service/ports.ts';
import type { SendOutcome } from '#service/provider-port.ts';
import { createProviderRoutes } from '#service/provider-routes.ts';
import {
  accepted,
  createTestProvider,
  hold,
  numberAt,
  type OpenedService,
  openService,
  type TestProvider,
  take,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';
import { createTemplateLibrary } from '#service/template-library.ts';

const later: SendOutcome = { kind: 'unavailable', error: 'Not now.', retryAfterMs: 10_000 };
const away = new StorageUnavailable('The connection was reset.');

let opened: OpenedService;
before(async () => {
  opened = await openService();
  opened.provider.answer = () => later;
});
after(() => opened.end());

/** A message that waits in storage, due, in nobody's hands. */
async function leaveOneDue() {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller);
  await opened.whenIdle();
  await opened.storage.sandbox.advanceClock(30_000);
  return { caller, id };
}

async function deliveryOf(caller: Caller, id: string) {
  const [delivery] = take(await opened.service.readVerification(caller, id)).deliveries;
  assert.ok(delivery);
  return delivery;
}

async function anyApplication(id: string): Promise<Application> {
  return { id, name: 'Shop', settings: defaultSettings, createdAtMs: 0 };
}

/** Another node on the same storage, with one provider of its own. */
function createNode(parts: {
  storage: Storage;
  answer?: SendOutcome;
  applicationOf?: (id: string) => Promise<Application>;
  pause?: (milliseconds: number) => Promise<void>;
}) {
  const own: TestProvider = createTestProvider({ name: 'own' });
  own.answer = () => parts.answer ?? accepted;
  const logged: string[] = [];
  const write = (_: object, message: string) => logged.push(message);
  const dispatcher = createDeliveryDispatcher({
    storage: parts.storage,
    composeAgain: createComposeAgain({
      vault: opened.vault,
      templates: createTemplateLibrary(opened.storage),
    }),
    routes: createProviderRoutes([own]),
    notify: () => undefined,
    applicationOf: parts.applicationOf ?? anyApplication,
    log: { debug: write, info: write, warn: write, error: write },
    attemptTimeoutMs: 1_000,
    random: () => 0.5,
    pause: parts.pause ?? (async () => undefined),
  });
  return { dispatcher, own, logged };
}

/** The storage, with as many failing writes of results; `writes` counts all of them. */
function failing(times: number, error: Error, hasWritten = false) {
  const counted = { writes: 0, renewed: [] as string[] };
  const storage: Storage = {
    ...opened.storage,
    async recordAttempts(results) {
      counted.writes++;
      const fails = counted.writes <= times;
      if (!fails || hasWritten) await opened.storage.recordAttempts(results);
      if (fails) throw error;
    },
    async renewLeases(ids, leaseMs) {
      counted.renewed.push(...ids);
      await opened.storage.renewLeases(ids, leaseMs);
    },
  };
  return { storage, counted };
}

for (const [name, hasWritten] of [
  ['fails to write that down', false],
  ['loses its answer after it wrote that down', true],
] as const) {
  test(`a message that was taken is not sent again when the storage ${name}`, async (context) => {
    const { caller, id } = await leaveOneDue();
    const { storage, counted } = failing(3, away, hasWritten);
    let nowMs = performance.now();
    context.mock.method(performance, 'now', () => nowMs);
    const pauses: number[] = [];
    const { dispatcher, own } = createNode({
      storage,
      async pause(milliseconds) {
        pauses.push(milliseconds);
        // Long enough for the lease to want renewing.
        nowMs += 4_000;
        await dispatcher.claimDue();
      },
    });
    await dispatcher.claimDue();
    await dispatcher.whenIdle();
    const delivery = await deliveryOf(caller, id);
    assert.equal(delivery.status, 'sent');
    assert.deepEqual(counted.renewed, [delivery.id, delivery.id, delivery.id]);
    assert.deepEqual(pauses, [100, 200, 400]);
    assert.equal(own.handed.length, 1);
    const { history } = take(await opened.service.readVerification(caller, id));
    assert.equal(history.filter(({ event }) => event === 'sent').length, 1);
  });
}

test('what cannot be written down is given up after a minute', async () => {
  await leaveOneDue();
  const { storage, counted } = failing(Number.POSITIVE_INFINITY, away);
  let pausedMs = 0;
  const { dispatcher, logged } = createNode({
    storage,
    pause: async (milliseconds) => {
      pausedMs += milliseconds;
    },
  });
  await dispatcher.claimDue();
  await dispatcher.whenIdle();
  assert.equal(counted.writes, 20);
  assert.ok(pausedMs > 50_000 && pausedMs <= 60_000, `${pausedMs} ms`);
  assert.deepEqual(logged, ['delivery not recorded yet', 'delivery not recorded']);
});

const writtenOnce: readonly [name: string, answer: SendOutcome, error: Error][] = [
  ['a bug in the storage', accepted, new Error('a bug')],
  ['a failed write of what was not taken', later, away],
  ['a failed write of what may have been taken', { kind: 'unknown', error: 'No answer.' }, away],
];
for (const [name, answer, error] of writtenOnce) {
  test(`${name} is left to the lease`, async () => {
    await leaveOneDue();
    const { storage, counted } = failing(1, error);
    const { dispatcher } = createNode({ storage, answer });
    await dispatcher.claimDue();
    await dispatcher.whenIdle();
    assert.equal(counted.writes, 1);
  });
}

test('a message whose settings cannot be read holds no other up, and waits', async () => {
  const unlucky = await leaveOneDue();
  const others = [await leaveOneDue(), await leaveOneDue()];
  let isBroken = true;
  const { dispatcher, own } = createNode({
    storage: opened.storage,
    async applicationOf(id) {
      if (isBroken && id === unlucky.caller.application.id) throw away;
      return anyApplication(id);
    },
  });
  assert.equal(await dispatcher.claimDue(), 3);
  await dispatcher.whenIdle();
  assert.deepEqual(
    own.handed.map(({ verificationId }) => verificationId).sort(),
    others.map(({ id }) => id).sort(),
  );
  assert.equal((await deliveryOf(unlucky.caller, unlucky.id)).status, 'queued');
  isBroken = false;
  await opened.storage.sandbox.advanceClock(2_000);
  await dispatcher.claimDue();
  await dispatcher.whenIdle();
  const last = own.handed.at(-1);
  assert.equal(last?.verificationId, unlucky.id);
  assert.equal(last?.isPossibleDuplicate, false, 'nobody was asked to carry it before');
  assert.equal((await deliveryOf(unlucky.caller, unlucky.id)).status, 'sent');
});

for (const [name, isGivenUp] of [
  ['was sent', false],
  ['was given up and taken all the same', true],
] as const) {
  test(`a message that ${name} is paid once, however often that is told`, async (context) => {
    const price = { amount: '0.10', currency: 'USD' };
    const own = await openService({
      providers: [createTestProvider({ price })],
      around: (storage) => ({
        ...storage,
        async recordAttempts(results) {
          await storage.recordAttempts(results);
          await storage.recordAttempts(results);
        },
      }),
    });
    context.after(() => own.end());
    const held = hold<SendOutcome>();
    own.provider.answer = () => held.promise;
    const dailyBudget = { amount: '0.50', currency: 'USD' };
    const caller = await own.newCaller({ dailyBudget });
    const { deliveries } = await own.start(caller);
    if (isGivenUp) await own.storage.recordAttempts([givenUp(deliveries[0]?.id ?? '')]);
    const cost = { amount: '0.30', currency: 'USD' };
    held.release({ kind: 'accepted', providerMessageId: null, cost });
    await own.whenIdle();
    own.provider.answer = () => accepted;
    // 0.30 is spent: two of 0.10 fit, and a third does not.
    for (const index of [1, 2]) await own.start(caller, { recipient: numberAt(index) });
    const request = { recipient: numberAt(3) };
    const third = await own.service.startVerification(caller, request, null);
    assert.equal(third.ok, false);
  });
}

function givenUp(deliveryId: string): AttemptResult {
  return {
    deliveryId,
    provider: 'carrier',
    status: 'failed',
    wasTried: true,
    retryInMs: 0,
    isPossibleDuplicate: false,
    providerMessageId: null,
    costMicros: null,
    currency: null,
    error: 'It is not known whether the message was sent.',
  };
}
