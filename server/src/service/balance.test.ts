import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ApplicationSettings } from '#domain/application.ts';
import {
  numberAt,
  type OpenedService,
  openService,
  refusalOf,
  take,
} from '#service/service.fixture.ts';
import type { Caller } from '#service/service.ts';

let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

function startAt(caller: Caller, index: number, more: object = {}) {
  const request = { recipient: numberAt(index), ...more };
  return opened.service.startVerification(caller, request, null);
}

/** The same caller with the settings as they are after the change. */
async function set(caller: Caller, balance: ApplicationSettings['balance']): Promise<Caller> {
  const changed = await opened.service.changeSettings(caller.application.id, { balance });
  return { ...caller, application: take(changed) };
}

async function leftOf(caller: Caller): Promise<number | null> {
  return (await opened.service.readBalance(caller.application))?.messages ?? null;
}

test('an application without a balance has no bound, and counts nothing', async () => {
  const caller = await opened.newCaller();
  take(await startAt(caller, 1));
  assert.equal(await leftOf(caller), null);
  const later = await set(caller, { messages: 5 });
  assert.equal(await leftOf(later), 5);
});

test('each message takes one of the balance, and nothing is sent beyond it', async () => {
  const caller = await opened.newCaller({ balance: { messages: 3 } });
  assert.equal(await leftOf(caller), 3);
  const channels = [{ channel: 'sms' as const }, { channel: 'whatsapp' as const }];
  take(await startAt(caller, 1, { channels }));
  assert.equal(await leftOf(caller), 1);
  assert.equal(refusalOf(await startAt(caller, 2, { channels })).code, 'balance_exhausted');
  const { view } = take(await startAt(caller, 2));
  assert.equal(await leftOf(caller), 0);
  await opened.advance(60);
  const again = { verificationId: view.id };
  const resent = refusalOf(await opened.service.resendCode(caller, again, null));
  assert.equal(resent.code, 'balance_exhausted');
  const { id } = caller.application;
  assert.equal(opened.provider.handed.filter((one) => one.applicationId === id).length, 3);
});

test('a balance that is set anew counts from there, and null lifts it', async () => {
  let caller = await opened.newCaller({ balance: { messages: 1 } });
  take(await startAt(caller, 1));
  assert.equal(refusalOf(await startAt(caller, 2)).code, 'balance_exhausted');
  caller = await set(caller, { messages: 1 });
  assert.equal(await leftOf(caller), 1);
  take(await startAt(caller, 3));
  caller = await set(caller, null);
  take(await startAt(caller, 4));
  caller = await set(caller, { messages: 0 });
  assert.equal(refusalOf(await startAt(caller, 5)).code, 'balance_exhausted');
});

test('a change of other settings leaves the balance as it is', async () => {
  const caller = await opened.newCaller({ balance: { messages: 2 } });
  take(await startAt(caller, 1));
  const changed = await opened.service.changeSettings(caller.application.id, { checksMax: 3 });
  assert.equal(await leftOf({ ...caller, application: take(changed) }), 1);
});

test('a start that a limit refuses takes nothing', async () => {
  const caller = await opened.newCaller({ balance: { messages: 5 } });
  take(await startAt(caller, 1));
  assert.equal(refusalOf(await startAt(caller, 1)).code, 'limit_reached');
  assert.equal(await leftOf(caller), 4);
});

test('the same start again under its key takes nothing more', async () => {
  const caller = await opened.newCaller({ balance: { messages: 5 } });
  const request = { recipient: numberAt(1) };
  for (let time = 0; time < 3; time++) {
    take(await opened.service.startVerification(caller, request, 'one key'));
  }
  assert.equal(await leftOf(caller), 4);
});
