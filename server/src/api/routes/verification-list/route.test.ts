import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, pendingAnswer, pendingView, pointersOf, problemOf } from '#api/app.fixture.ts';
import { ok } from '#domain/refusal.ts';
import type { ListRequest } from '#service/requests.ts';

function openListing() {
  const asked: ListRequest[] = [];
  const opened = openApp({
    async listVerifications(_caller, request) {
      asked.push(request);
      return ok({ items: [pendingView], nextCursor: 'abc' });
    },
  });
  return { ...opened, asked };
}

test('a list shows verifications without their history, and where it goes on', async () => {
  const { call, asked } = openListing();
  const response = await call('GET', '/v1/verifications');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), { items: [pendingAnswer], nextCursor: 'abc' });
  assert.deepEqual(asked, [{ limit: 50 }]);
});

test('every parameter reaches the service', async () => {
  const { call, asked } = openListing();
  const query =
    'status=approved&recipient=%2B14155550123&purpose=login&reference=order-17' +
    '&limit=200&cursor=0am88cze87a';
  assert.equal((await call('GET', `/v1/verifications?${query}`)).statusCode, 200);
  assert.deepEqual(
    { ...asked[0] },
    {
      status: 'approved',
      recipient: '+14155550123',
      purpose: 'login',
      reference: 'order-17',
      limit: 200,
      cursor: '0am88cze87a',
    },
  );
});

test('a text without a value is not given', async () => {
  const { call, asked } = openListing();
  const query = 'status=&recipient=&purpose=&reference=&cursor=';
  assert.equal((await call('GET', `/v1/verifications?${query}`)).statusCode, 200);
  assert.deepEqual({ ...asked[0] }, { limit: 50 });
});

test('a plus that was not encoded is read as one', async () => {
  const { call, asked } = openListing();
  await call('GET', '/v1/verifications?recipient=+14155550123');
  assert.equal(asked[0]?.recipient, '+14155550123');
});

const wrong: readonly (readonly [string, string])[] = [
  ['limit=0', '/limit'],
  ['limit=201', '/limit'],
  ['limit=-1', '/limit'],
  ['limit=5.5', '/limit'],
  ['limit=0x10', '/limit'],
  ['limit=1e2', '/limit'],
  ['limit=%205', '/limit'],
  ['limit=ten', '/limit'],
  ['limit=', '/limit'],
  ['page=', '/page'],
  ['limit=10&limit=20', '/limit'],
  ['limit=99999999999999999999', '/limit'],
  ['status=done', '/status'],
  ['status=pending&status=failed', '/status'],
  ['purpose=log%20in', '/purpose'],
  ['reference=a%00b', '/reference'],
  [`recipient=${'1'.repeat(321)}`, '/recipient'],
  ['cursor=%2F..%2F', '/cursor'],
  ['page=2', '/page'],
  ['__proto__=1', '/__proto__'],
  ['constructor=1', '/constructor'],
  ['status[]=pending', '/status[]'],
];

for (const [query, pointer] of wrong) {
  test(`?${query.slice(0, 40)} is refused by name`, async () => {
    const { call, asked } = openListing();
    const response = await call('GET', `/v1/verifications?${query}`);
    assert.equal(response.statusCode, 422);
    assert.equal(problemOf(response).code, 'request_invalid');
    assert.deepEqual(pointersOf(response), [pointer]);
    assert.deepEqual(asked, []);
  });
}
