import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  approvedView,
  openApp,
  pendingAnswer,
  pendingView,
  pointersOf,
  problemOf,
  verificationId,
} from '#api/app.fixture.ts';
import { ok } from '#domain/refusal.ts';
import type { CheckRequest } from '#service/requests.ts';
import type { VerdictView } from '#service/views.ts';

const path = `/v1/verifications/${verificationId}/check`;

function openChecking(view: VerdictView, isReplay = false) {
  const asked: CheckRequest[] = [];
  const opened = openApp({
    async checkCode(_caller, request) {
      asked.push(request);
      return ok({ view, isReplay });
    },
  });
  return { ...opened, asked };
}

test('a right code is answered with the verdict and its proof', async () => {
  const { call, asked } = openChecking(approvedView);
  const response = await call('POST', path, { code: '012345' });
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), {
    ...pendingAnswer,
    status: 'approved',
    resendAllowedAt: null,
    finishedAt: '2026-03-01T09:31:00.000Z',
    approved: true,
    reason: null,
    proof: 'a.b.c',
  });
  assert.deepEqual(asked, [{ verificationId, code: '012345' }]);
});

test('a wrong code is a verdict with status 200 and without a proof', async () => {
  const verdict = {
    approved: false,
    reason: 'wrong_code',
    isFirstAtEnd: false,
    proof: null,
    recipientInFull: null,
  } as const;
  const wrong: VerdictView = { ...pendingView, ...verdict };
  const { call } = openChecking(wrong);
  const response = await call('POST', path, { code: '999999' });
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), { ...pendingAnswer, approved: false, reason: 'wrong_code' });
});

test('a repeated check says that it is an answer again', async () => {
  const { call } = openChecking(approvedView, true);
  const response = await call('POST', path, { code: '1' }, { 'idempotency-key': 'k' });
  assert.equal(response.headers['idempotent-replayed'], 'true');
});

test('what is known of the device and the transaction reaches the service', async () => {
  const { call, asked } = openChecking(approvedView);
  const transaction = { amount: '12.50', currency: 'EUR', payee: 'Shop' };
  const client = { address: '2001:db8::1', device: 'phone', userAgent: 'x'.repeat(512) };
  await call('POST', path, { code: '012345', transaction, client });
  assert.deepEqual(asked, [{ verificationId, code: '012345', transaction, client }]);
});

// G-15: nothing but a short string is a guess. The service is not even asked.
const noGuesses = [
  12345,
  0,
  true,
  false,
  null,
  [],
  ['012345'],
  {},
  { $ne: '' },
  '',
  '1'.repeat(17),
  '1'.repeat(1_000),
];

for (const code of noGuesses) {
  test(`code ${JSON.stringify(code).slice(0, 30)} is refused and never compared`, async () => {
    const { call, asked } = openChecking(approvedView);
    const response = await call('POST', path, { code });
    assert.equal(response.statusCode, 422);
    assert.deepEqual(pointersOf(response), ['/code']);
    assert.deepEqual(asked, []);
  });
}

test('a check without a code is refused', async () => {
  const { call, asked } = openChecking(approvedView);
  const response = await call('POST', path, {});
  assert.deepEqual([response.statusCode, pointersOf(response)], [422, ['/code']]);
  assert.deepEqual(asked, []);
});

test('a check of more than two kilobytes is refused before it is read', async () => {
  const { call } = openChecking(approvedView);
  const response = await call('POST', path, { code: '1'.repeat(3_000) });
  assert.equal(response.statusCode, 413);
  assert.equal(problemOf(response).code, 'body_too_large');
});
