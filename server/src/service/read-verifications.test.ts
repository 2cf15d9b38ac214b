import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ListRequest } from '#service/requests.ts';
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

let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

async function list(caller: Caller, request: Partial<ListRequest> = {}) {
  return take(await opened.service.listVerifications(caller, { limit: 50, ...request }));
}

/** Everything, page by page. */
async function pages(caller: Caller, request: Partial<ListRequest>): Promise<string[][]> {
  const found: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await list(caller, { ...request, ...(cursor === undefined ? {} : { cursor }) });
    found.push(page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
    assert.ok(found.length < 100);
  } while (cursor !== undefined);
  return found;
}

test('a list is newest first, and its pages hold everything once', async () => {
  const caller = await opened.newCaller();
  const started: string[] = [];
  for (let index = 0; index < 7; index++) {
    const { id } = await opened.start(caller, { recipient: numberAt(index) });
    started.unshift(id);
  }
  assert.deepEqual(
    (await list(caller)).items.map(({ id }) => id),
    started,
  );
  const threes = await pages(caller, { limit: 3 });
  assert.deepEqual(threes.flat(), started);
  assert.ok(threes.every((page) => page.length <= 3));
});

test('in full it says what was asked for, to the own application alone', async () => {
  const caller = await opened.newCaller();
  const request = { recipient: '+14155550123', checksMax: 3, lifetimeSeconds: 120 };
  const { id, recipient } = await opened.start(caller, request);
  await opened.check(caller, id, wrong(opened.codeOf(id)));
  const { service } = opened;
  const view = take(await service.readVerificationInFull(caller, id));
  assert.deepEqual(
    [view.recipientInFull, view.recipient, view.checksMax, view.checksWrong, view.lifetimeSeconds],
    ['+14155550123', recipient, 3, 1, 120],
  );
  assert.equal(view.callbackUrl, null);
  const stranger = await opened.newCaller();
  const refused = refusalOf(await service.readVerificationInFull(stranger, id));
  assert.equal(refused.code, 'verification_not_found');
});

test('what is started while somebody turns pages moves nothing on them', async () => {
  const caller = await opened.newCaller();
  const first = await opened.start(caller, { recipient: numberAt(1) });
  const second = await opened.start(caller, { recipient: numberAt(2) });
  const page = await list(caller, { limit: 1 });
  assert.deepEqual(
    page.items.map(({ id }) => id),
    [second.id],
  );
  await opened.start(caller, { recipient: numberAt(3) });
  const next = await list(caller, { limit: 1, cursor: page.nextCursor ?? '' });
  assert.deepEqual(
    next.items.map(({ id }) => id),
    [first.id],
  );
});

test('a list is filtered by status, recipient, purpose and reference', async () => {
  const caller = await opened.newCaller();
  const login = await opened.start(caller, { purpose: 'login', reference: 'order-1' });
  const other = await opened.start(caller, { recipient: 'ana@example.com', purpose: 'payment' });
  await opened.check(caller, other.id, opened.codeOf(other.id));
  const filters: readonly [request: Partial<ListRequest>, ids: string[]][] = [
    [{ status: 'pending' }, [login.id]],
    [{ status: 'approved' }, [other.id]],
    [{ status: 'failed' }, []],
    [{ recipient: '+1 (415) 555-0123' }, [login.id]],
    [{ recipient: 'Ana@example.com' }, [other.id]],
    [{ recipient: '+14155550199' }, []],
    [{ purpose: 'payment' }, [other.id]],
    [{ reference: 'order-1' }, [login.id]],
    [{ reference: 'order-2' }, []],
    [{ status: 'pending', purpose: 'payment' }, []],
    [{ recipient: 'ana@example.com', status: 'approved', purpose: 'payment' }, [other.id]],
  ];
  for (const [request, ids] of filters) {
    const found = await pages(caller, request);
    assert.deepEqual(found.flat(), ids, JSON.stringify(request));
  }
});

test('a verification whose time is over is expired to everybody at once', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller);
  // Only the clock is moved: nobody has written the expiry down.
  await opened.storage.sandbox.advanceClock(300_000);
  const view = take(await opened.service.readVerification(caller, id));
  assert.deepEqual([view.status, view.checksLeft, view.sendsLeft], ['expired', 0, 0]);
  assert.equal(view.finishedAtMs, view.expiresAtMs);
  assert.deepEqual((await pages(caller, { status: 'pending' })).flat(), []);
  assert.deepEqual((await pages(caller, { status: 'expired' })).flat(), [id]);
  await opened.maintenance.expireDue();
  const after = take(await opened.service.readVerification(caller, id));
  assert.deepEqual([after.status, after.finishedAtMs], ['expired', view.expiresAtMs]);
});

test('nothing of another application is ever listed or read', async () => {
  const shop = await opened.newCaller();
  const bank = await opened.newCaller();
  const { id } = await opened.start(shop, { reference: 'order-1' });
  for (const request of [{}, { reference: 'order-1' }, { recipient: '+14155550123' }]) {
    assert.deepEqual((await pages(bank, request)).flat(), []);
  }
  const refusal = refusalOf(await opened.service.readVerification(bank, id));
  assert.equal(refusal.code, 'verification_not_found');
});

const wrongRequests: readonly [request: Partial<ListRequest>, pointer: string][] = [
  [{ status: 'done' }, '/status'],
  [{ status: '' }, '/status'],
  [{ recipient: '12' }, '/recipient'],
  [{ cursor: '' }, '/cursor'],
  [{ cursor: '0000000000' }, '/cursor'],
  [{ cursor: 'zzzzzzzzzzz' }, '/cursor'],
  [{ cursor: '00000u00000' }, '/cursor'],
  [{ cursor: '0'.repeat(10_000) }, '/cursor'],
];

for (const [request, pointer] of wrongRequests) {
  test(`a list with ${JSON.stringify(request).slice(0, 40)} is refused at ${pointer}`, async () => {
    const caller = await opened.newCaller();
    const result = await opened.service.listVerifications(caller, { limit: 5, ...request });
    assert.equal(refusalOf(result).pointer, pointer);
  });
}

test('after a month the recipient is forgotten, and the rest is still told', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller, { reference: 'order-1' });
  await opened.advance(31 * 86_400);
  const view = take(await opened.service.readVerification(caller, id));
  assert.deepEqual([view.recipient, view.reference, view.country], ['•••', 'order-1', 'US']);
});

test('canceling ends a pending verification, twice as well as once', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller);
  const first = viewOf(await opened.service.cancelVerification(caller, id, null));
  assert.deepEqual([first.status, first.checksLeft, first.sendsLeft], ['canceled', 0, 0]);
  await opened.advance(10);
  const second = viewOf(await opened.service.cancelVerification(caller, id, null));
  assert.deepEqual([second.status, second.finishedAtMs], ['canceled', first.finishedAtMs]);
  const { history } = take(await opened.service.readVerification(caller, id));
  const canceled = history.filter(({ event }) => event === 'canceled');
  assert.equal(canceled.length, 1);
});

test('what is finished, unknown or another application’s cannot be canceled', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller);
  const stranger = await opened.newCaller();
  const cancel = async (by: Caller, verificationId: string) =>
    refusalOf(await opened.service.cancelVerification(by, verificationId, null)).code;
  assert.equal(await cancel(stranger, id), 'verification_not_found');
  assert.equal(await cancel(caller, 'vf_1'), 'verification_not_found');
  await opened.check(caller, id, opened.codeOf(id));
  assert.equal(await cancel(caller, id), 'verification_finished');
  const late = await opened.start(caller, { recipient: numberAt(5) });
  await opened.storage.sandbox.advanceClock(600_000);
  assert.equal(await cancel(caller, late.id), 'verification_finished');
});
