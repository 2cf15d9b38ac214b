import assert from 'node:assert/strict';
import { test } from 'node:test';
import { approvedView, openApp, pointersOf, problemOf } from '#api/app.fixture.ts';
import { ok, refuse } from '#domain/refusal.ts';
import type { RecipientCheckRequest } from '#service/requests.ts';

test('a check by recipient hands everything on and answers the verdict', async () => {
  const asked: RecipientCheckRequest[] = [];
  const { call } = openApp({
    async checkRecipient(_caller, request) {
      asked.push(request);
      return ok({ view: approvedView, isReplay: false });
    },
  });
  const request = {
    recipient: '4155550123',
    country: 'US',
    purpose: 'login',
    code: '012345',
    transaction: { amount: '1', currency: 'EUR', payee: 'Shop' },
    client: { address: '203.0.113.9' },
  };
  const response = await call('POST', '/v1/checks', request);
  assert.equal(response.statusCode, 200);
  assert.equal(response.json().approved, true);
  assert.equal(response.json().proof, 'a.b.c');
  assert.deepEqual(asked, [request]);
});

test('with nothing to check it is 404, as for an unknown id', async () => {
  const { call } = openApp({
    checkRecipient: async () => refuse('verification_not_found', 'Nothing is pending.'),
  });
  const response = await call('POST', '/v1/checks', { recipient: '+14155550123', code: '1' });
  assert.deepEqual(
    [response.statusCode, problemOf(response).code],
    [404, 'verification_not_found'],
  );
});

test('a check by recipient needs a recipient and a code in a string', async () => {
  const { call } = openApp();
  const cases: readonly [object, readonly string[]][] = [
    [{}, ['/code', '/recipient']],
    [{ recipient: '+14155550123' }, ['/code']],
    [{ code: '012345' }, ['/recipient']],
    [{ recipient: 14155550123, code: 12345 }, ['/code', '/recipient']],
    [{ recipient: '+14155550123', code: '1', id: 'x' }, ['/id']],
  ];
  for (const [body, pointers] of cases) {
    const response = await call('POST', '/v1/checks', body);
    assert.equal(response.statusCode, 422);
    assert.deepEqual(pointersOf(response).sort(), pointers);
  }
});
