import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, problemOf } from '#api/app.fixture.ts';
import { messageAnswer, messageView } from '#api/message-view.fixture.ts';
import { ok, refuse } from '#domain/refusal.ts';
import type { MessageListRequest } from '#service/requests.ts';

test('a list shows messages, and every parameter reaches the service', async () => {
  const asked: MessageListRequest[] = [];
  const { call } = openApp({
    async listMessages(_caller, request) {
      asked.push({ ...request });
      return ok({ items: [messageView], nextCursor: null });
    },
  });
  const response = await call('GET', '/v1/messages');
  assert.deepEqual(response.json(), { items: [messageAnswer], nextCursor: null });
  const query = 'recipient=%2B919876543210&reference=order-17&limit=200&cursor=0am88cze87a';
  assert.equal((await call('GET', `/v1/messages?${query}`)).statusCode, 200);
  const all = { recipient: '+919876543210', reference: 'order-17', limit: 200 };
  assert.deepEqual(asked, [{ limit: 50 }, { ...all, cursor: '0am88cze87a' }]);
  for (const wrong of ['limit=0', 'limit=201', 'cursor=x', 'status=sent']) {
    assert.equal((await call('GET', `/v1/messages?${wrong}`)).statusCode, 422, wrong);
  }
});

test('what is no recipient is refused', async () => {
  const { call } = openApp({
    listMessages: async () => refuse('recipient_invalid', 'It is none.'),
  });
  const response = await call('GET', '/v1/messages?recipient=12');
  assert.equal(problemOf(response).code, 'recipient_invalid');
});
