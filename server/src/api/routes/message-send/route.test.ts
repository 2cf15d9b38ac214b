import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, pointersOf, problemOf } from '#api/app.fixture.ts';
import { messageAnswer, messageView } from '#api/message-view.fixture.ts';
import { ok, refuse } from '#domain/refusal.ts';
import type { MessageRequest } from '#service/requests.ts';
import type { IdempotencyKey } from '#service/service.ts';

const path = '/v1/messages';
const smallest = { recipient: '+14155550123', text: 'Your parcel is on its way.' };

function openSending(isReplay = false) {
  const asked: { request: MessageRequest; key: IdempotencyKey }[] = [];
  const opened = openApp({
    async sendMessage(_caller, request, key) {
      asked.push({ request, key });
      return ok({ view: messageView, isReplay });
    },
  });
  return { ...opened, asked };
}

test('the smallest message is answered with 201 and the message of the contract', async () => {
  const { call, asked } = openSending();
  const response = await call('POST', path, smallest);
  assert.equal(response.statusCode, 201);
  assert.deepEqual(response.json(), messageAnswer);
  assert.deepEqual(asked, [{ request: smallest, key: null }]);
});

test('every field reaches the service, the moment as a number', async () => {
  const { call, asked } = openSending();
  const fields = {
    recipient: 'ana@example.com',
    country: 'US',
    channel: 'email',
    text: 'Your code is 4711',
    template: 'note',
    variables: { name: 'Ana' },
    language: 'en',
    subject: 'Hello',
    html: '<p>4711</p>',
    code: '4711',
    sender: 'ACME',
    reference: 'order-17',
    metadata: { k: 'v' },
    client: { address: '203.0.113.9' },
  };
  const sendAt = '2026-03-01T09:30:00.000Z';
  const key = { 'idempotency-key': 'k-1' };
  assert.equal((await call('POST', path, { ...fields, sendAt }, key)).statusCode, 201);
  assert.deepEqual(asked, [{ request: { ...fields, sendAtMs: Date.parse(sendAt) }, key: 'k-1' }]);
});

test('a repeated message says that it is an answer again', async () => {
  const { call } = openSending(true);
  const response = await call('POST', path, smallest, { 'idempotency-key': 'k-1' });
  assert.equal(response.headers['idempotent-replayed'], 'true');
});

test('a field in a wrong shape is refused with a pointer to it, sending nothing', async () => {
  const { call, asked } = openSending();
  for (const [pointer, value] of [
    ['/recipient', 7],
    ['/channel', 'fax'],
    ['/text', 'x'.repeat(5_001)],
    ['/subject', 'x'.repeat(201)],
    ['/html', 'x'.repeat(50_001)],
    ['/template', '../x'],
    ['/sender', 'A\nB'],
    ['/sendAt', 'tomorrow'],
    ['/sendAt', '2026-03-01T09:30:00+01:00'],
    ['/code', ''],
    ['/attachments', []],
  ] as const) {
    const response = await call('POST', path, { ...smallest, [pointer.slice(1)]: value });
    assert.equal(response.statusCode, 422, `${pointer}: ${response.body}`);
    assert.deepEqual(pointersOf(response), [pointer]);
  }
  assert.deepEqual(asked, []);
});

test('a refusal is a problem with its code', async () => {
  const { call } = openApp({ sendMessage: async () => refuse('limit_reached', 'Too many.') });
  const response = await call('POST', path, smallest);
  assert.equal(problemOf(response).code, 'limit_reached');
  assert.equal(response.statusCode, 429);
});
