import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, problemOf, verificationId } from '#api/app.fixture.ts';
import { messageAnswer, messageView } from '#api/message-view.fixture.ts';
import { ok, refuse } from '#domain/refusal.ts';

test('a message is shown with its origin and its moment', async () => {
  const { call } = openApp({
    readMessage: async ({ application }, id) => {
      assert.deepEqual([application.id, id], ['app_1', verificationId]);
      return ok(messageView);
    },
  });
  const response = await call('GET', `/v1/messages/${verificationId}`);
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), messageAnswer);
});

test('an unknown message is 404, and so is what is no id', async () => {
  const { call } = openApp({
    readMessage: async () => refuse('message_not_found', 'There is none.'),
  });
  for (const id of [verificationId, 'vf_1', "'--", '%00']) {
    const response = await call('GET', `/v1/messages/${id}`);
    assert.equal(response.statusCode, 404, id);
    assert.equal(problemOf(response).code, 'message_not_found', id);
  }
});
