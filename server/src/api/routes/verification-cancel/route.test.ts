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
import type { CanceledView } from '#service/views.ts';

const path = `/v1/verifications/${verificationId}/cancel`;

test('a cancel needs no body and answers the verification', async () => {
  const keys: unknown[] = [];
  const { call } = openApp({
    async cancelVerification(_caller, id, key) {
      keys.push([id, key]);
      const view: CanceledView = { ...pendingView, status: 'canceled', isFirstAtEnd: true };
      return ok({ view, isReplay: key !== null });
    },
  });
  const first = await call('POST', path);
  assert.equal(first.statusCode, 200);
  assert.deepEqual(first.json(), { ...pendingAnswer, status: 'canceled' });
  const again = await call('POST', path, {}, { 'idempotency-key': 'k' });
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.deepEqual(keys, [
    [verificationId, null],
    [verificationId, 'k'],
  ]);
});

test('a cancel of what is over is a conflict', async () => {
  const { call } = openApp({
    cancelVerification: async () => refuse('verification_finished', 'It is approved already.'),
  });
  const response = await call('POST', path);
  assert.deepEqual([response.statusCode, problemOf(response).code], [409, 'verification_finished']);
});

test('a cancel takes no fields', async () => {
  const { call } = openApp();
  assert.deepEqual(pointersOf(await call('POST', path, { reason: 'x' })), ['/reason']);
});
