import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  openApp,
  pendingAnswer,
  pendingView,
  pointersOf,
  problemOf,
  verificationId,
} from '#api/app.fixture.ts';
import { ok, refuse } from '#domain/refusal.ts';
import type { ResendRequest } from '#service/requests.ts';

const path = `/v1/verifications/${verificationId}/resend`;

function openResending() {
  const asked: ResendRequest[] = [];
  const opened = openApp({
    async resendCode(_caller, request) {
      asked.push(request);
      return ok({ view: pendingView, isReplay: false });
    },
  });
  return { ...opened, asked };
}

test('a resend is answered with the verification', async () => {
  const { call, asked } = openResending();
  const response = await call('POST', path, { channel: 'voice' });
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), pendingAnswer);
  assert.deepEqual(asked, [{ verificationId, channel: 'voice' }]);
});

test('a resend needs no body, and null is no channel', async () => {
  const { call, asked } = openResending();
  assert.equal((await call('POST', path)).statusCode, 200);
  assert.equal((await call('POST', path, {})).statusCode, 200);
  assert.equal((await call('POST', path, { channel: null })).statusCode, 200);
  assert.deepEqual(asked, Array(3).fill({ verificationId }));
});

test('an unknown channel or field is refused', async () => {
  const { call } = openResending();
  assert.deepEqual(pointersOf(await call('POST', path, { channel: 'fax' })), ['/channel']);
  assert.deepEqual(pointersOf(await call('POST', path, { code: '1' })), ['/code']);
});

test('what stands against a resend keeps its own status', async () => {
  const statuses = {
    verification_finished: 409,
    verification_not_found: 404,
    limit_reached: 429,
    budget_exhausted: 429,
    balance_exhausted: 429,
    channel_unavailable: 422,
    idempotency_key_reused: 422,
    idempotency_key_in_use: 409,
  } as const;
  for (const [code, status] of Object.entries(statuses)) {
    const refusal = refuse(code as keyof typeof statuses, 'No.');
    const { call } = openApp({ resendCode: async () => refusal });
    const response = await call('POST', path);
    assert.deepEqual([response.statusCode, problemOf(response).code], [status, code]);
    const isLater = status === 429;
    if (isLater) assert.match(String(response.headers['retry-after']), /^[1-9][0-9]*$/);
  }
});
