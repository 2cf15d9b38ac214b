import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { defaultLimits } from '#domain/limits.ts';
import {
  numberAt,
  type OpenedService,
  openService,
  refusalOf,
  take,
} from '#service/service.fixture.ts';

/** What is kept and for how long, when much of it comes at once (security.md, L-10 and D-10). */
let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

const people = 3_000;

test('a purge that was left out for weeks catches up in bounded steps', async () => {
  const { storage, service } = opened;
  const caller = await opened.newCaller();
  for (let first = 0; first < people; first += 500) {
    await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const recipient = numberAt(first + index);
        take(await service.startVerification(caller, { recipient }, `key-${first + index}`));
      }),
    );
    await opened.whenIdle();
  }
  const old = take(await service.listVerifications(caller, { limit: 200 })).items;
  // Time passes without the jobs: nothing is purged on the way.
  await storage.sandbox.advanceClock(100 * 86_400_000);
  await opened.maintenance.expireDue();
  const stepRows = 200;
  let steps = 0;
  let longestMs = 0;
  let isMore = true;
  for (; isMore; steps++) {
    assert.ok(steps < 1_000, 'the purge has an end');
    const purged = storage.purge(stepRows);
    const begunMs = performance.now();
    if (steps % 5 === 0) await opened.start(caller, { recipient: numberAt(people + steps) });
    longestMs = Math.max(longestMs, performance.now() - begunMs);
    isMore = (await purged).more;
  }
  // Keys, recipients, verifications and ledgers of all of them, none taken twice.
  assert.ok(steps >= (2 * people) / stepRows, `only ${steps} steps`);
  assert.ok(longestMs < 1_000, `a start waited ${longestMs.toFixed(0)} ms`);
  for (const { id } of old) {
    assert.equal(
      refusalOf(await service.readVerification(caller, id)).code,
      'verification_not_found',
    );
  }
});

test('however many others come, a limit that was reached stays reached', async () => {
  const { storage } = opened;
  const limits = { ...defaultLimits, recipientSendIntervalSeconds: 0, recipientSendsHourMax: 2 };
  const caller = await opened.newCaller({ limits });
  const hot = { recipient: '+14155550123' };
  await opened.start(caller, hot);
  await opened.start(caller, hot);
  for (let first = 0; first < people; first += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        opened.start(caller, { recipient: numberAt(first + index) }),
      ),
    );
    await opened.whenIdle();
    for (let step = 0; step < 50 && (await storage.purge(500)).more; step++);
    const again = await opened.service.startVerification(caller, hot, null);
    assert.equal(refusalOf(again).limit?.name, 'recipient_sends_hour');
  }
});
