import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application, openApp, pointersOf, problemOf } from '#api/app.fixture.ts';
import { ok, refuse } from '#domain/refusal.ts';
import type { SandboxMessage } from '#service/provider-port.ts';

const message: SandboxMessage = {
  id: 'msg_1',
  recipient: '+14155550123',
  channel: 'sms',
  sender: 'ACME',
  subject: null,
  text: '123456 is your code',
  html: null,
  parts: 1,
  verificationId: 'vf_1',
  applicationId: 'app_1',
  atMs: Date.parse('2026-03-01T09:30:00.000Z'),
};

function openListing() {
  const asked: object[] = [];
  const opened = openApp(
    {},
    {
      async listMessages(of, query) {
        asked.push({ of, ...query });
        return ok({ recipient: query.recipient, messages: [message] });
      },
    },
  );
  return { ...opened, asked };
}

test('a message of the virtual phone has exactly the fields of the contract', async () => {
  const { call, asked } = openListing();
  const response = await call('GET', '/v1/sandbox/messages');
  assert.equal(response.statusCode, 200);
  const { parts, applicationId, atMs, ...shown } = message;
  assert.deepEqual([parts, applicationId], [1, 'app_1']);
  assert.deepEqual(response.json(), { items: [{ ...shown, at: '2026-03-01T09:30:00.000Z' }] });
  assert.ok(atMs > 0);
  assert.deepEqual(asked, [{ of: application, recipient: null, limit: 50 }]);
});

test('messages are narrowed to a recipient, with or without an encoded plus', async () => {
  const { call, asked } = openListing();
  await call('GET', '/v1/sandbox/messages?recipient=%2B14155550123&limit=1');
  await call('GET', '/v1/sandbox/messages?recipient=+14155550123&limit=1');
  const expected = { of: application, recipient: '+14155550123', limit: 1 };
  assert.deepEqual(asked, [expected, expected]);
});

test('a wrong parameter is refused by name', async () => {
  const { call } = openListing();
  for (const [query, pointer] of [
    ['limit=0', '/limit'],
    ['limit=201', '/limit'],
    ['since=1', '/since'],
  ]) {
    const response = await call('GET', `/v1/sandbox/messages?${query}`);
    assert.deepEqual([response.statusCode, pointersOf(response)], [422, [pointer]]);
  }
});

test('a recipient that cannot be read is refused by name', async () => {
  const listMessages = async () =>
    refuse('recipient_invalid', 'This is no number.', { pointer: '/recipient' });
  const { call } = openApp({}, { listMessages });
  const response = await call('GET', '/v1/sandbox/messages?recipient=banana');
  assert.deepEqual([response.statusCode, problemOf(response).code], [422, 'recipient_invalid']);
  assert.deepEqual(pointersOf(response), ['/recipient']);
});

test('the virtual phone needs the API key', async () => {
  const { app } = openListing();
  assert.equal((await app.inject('/v1/sandbox/messages')).statusCode, 401);
});

test('production has no sandbox', async () => {
  const { call } = openApp();
  for (const [method, path] of [
    ['GET', 'messages'],
    ['POST', 'clock'],
    ['POST', 'reset'],
  ] as const) {
    const response = await call(method, `/v1/sandbox/${path}`);
    assert.deepEqual([response.statusCode, problemOf(response).code], [404, 'route_not_found']);
  }
});
