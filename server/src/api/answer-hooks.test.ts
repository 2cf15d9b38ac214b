import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiKey, openApp, pendingView } from '#api/app.fixture.ts';
import { ok } from '#domain/refusal.ts';

test('a request is one line of JSON with its route and outcome', async () => {
  const { call, log } = openApp({ readVerification: async () => ok(pendingView) });
  const response = await call('GET', '/v1/verifications/vf_1');
  assert.equal(log.length, 1);
  const { time, pid, hostname, durationMs, ...line } = JSON.parse(log[0] ?? '');
  assert.ok(typeof durationMs === 'number' && durationMs >= 0);
  assert.ok(time !== undefined && pid !== undefined && hostname !== undefined);
  assert.deepEqual(line, {
    level: 30,
    msg: 'request',
    method: 'GET',
    route: '/v1/verifications/:id',
    status: 200,
    requestId: response.headers['request-id'],
    applicationId: 'app_1',
  });
});

test('no recipient, code, key or header of a caller comes into the log', async () => {
  const { app, call, log } = openApp({
    startVerification: async () => ok({ view: pendingView, isReplay: false }),
    listVerifications: async () => ok({ items: [pendingView], nextCursor: null }),
  });
  const secrets = ['4155550199', 'S3CR3TCODE', apiKey, 'forged', 'order-99'];
  const headers = { 'user-agent': 'forged', 'request-id': 'forged', 'x-forwarded-for': 'forged' };
  await call('POST', '/v1/verifications', { recipient: '+14155550199' }, headers);
  await call('POST', '/v1/verifications', { recipient: '+14155550199', customCode: 'S3CR3TCODE!' });
  await call('GET', '/v1/verifications?recipient=%2B14155550199&reference=order-99');
  await call('GET', '/v1/verifications?recipient=%2B14155550199&limit=0');
  await call('GET', '/v1/verifications/4155550199');
  await app.inject('/4155550199?code=S3CR3TCODE');
  await app.inject({ url: '/v1/application', headers: { authorization: 'Bearer S3CR3TCODE' } });
  assert.equal(log.length, 8 - 1 + 1);
  for (const secret of secrets) {
    assert.ok(!log.some((line) => line.includes(secret)), secret);
  }
});

test('a forged line stays inside its own', async () => {
  const { app, log } = openApp();
  await app.inject('/%0A%7B%22level%22:60%7D');
  await app.inject({ url: '/healthz', headers: { 'user-agent': '\u001b[31m{"level":60}' } });
  for (const line of log) {
    assert.equal(line.trimEnd().split('\n').length, 1);
    assert.equal(JSON.parse(line).level, 30);
  }
});
