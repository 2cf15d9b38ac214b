import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  openApp,
  pendingAnswer,
  pendingView,
  problemOf,
  verificationId,
} from '#api/app.fixture.ts';
import { ok, refuse } from '#domain/refusal.ts';

test('reading one verification shows its history beside everything else', async () => {
  const { call } = openApp({
    readVerification: async ({ application }, id) => {
      assert.deepEqual([application.id, id], ['app_1', verificationId]);
      return ok(pendingView);
    },
  });
  const response = await call('GET', `/v1/verifications/${verificationId}`);
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), {
    ...pendingAnswer,
    history: [{ at: '2026-03-01T09:30:00.000Z', event: 'started', detail: null }],
  });
});

test('whatever stands in the place of the id, an unknown verification is 404', async () => {
  const { call } = openApp({
    readVerification: async () => refuse('verification_not_found', 'There is none.'),
  });
  const hostile = ['', 'vf_1', '%00', '%2Fetc', "'--", 'a'.repeat(400), '%F0%9F%92%A9', '{id}'];
  for (const id of hostile) {
    const response = await call('GET', `/v1/verifications/${id}`);
    assert.equal(response.statusCode, 404, id);
    assert.equal(problemOf(response).code, 'verification_not_found', id);
  }
});

test('an id that no address can hold is 404 too', async () => {
  const { call } = openApp();
  for (const id of ['%ZZ', '%', '%C3', 'a'.repeat(2_000)]) {
    const response = await call('GET', `/v1/verifications/${id}`);
    assert.equal(response.statusCode, 404, id);
    assert.equal(problemOf(response).code, 'route_not_found', id);
    assert.match(String(response.headers['request-id']), /^req_/);
    assert.equal(response.headers['cache-control'], 'no-store');
  }
});
