import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, problemOf } from '#api/app.fixture.ts';
import { StorageUnavailable } from '#service/ports.ts';

test('a server whose storage answers is ready', async () => {
  const { app } = openApp({ ping: async () => {} });
  const response = await app.inject('/readyz');
  assert.deepEqual([response.statusCode, response.json()], [200, { status: 'ready' }]);
});

test('a server whose storage is away is not ready', async () => {
  const { app } = openApp({
    ping: () => Promise.reject(new StorageUnavailable('disk full at /secret/path')),
  });
  const response = await app.inject('/readyz');
  assert.deepEqual([response.statusCode, problemOf(response).code], [503, 'storage_unavailable']);
  assert.match(String(response.headers['retry-after']), /^[1-9][0-9]*$/);
  assert.ok(!response.body.includes('secret'));
});

test('a storage that never answers is away after two seconds', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const asked = Promise.withResolvers<void>();
  const { app } = openApp({
    ping() {
      asked.resolve();
      return new Promise(() => {});
    },
  });
  await app.ready();
  const response = app.inject('/readyz');
  await asked.promise;
  context.mock.timers.tick(2_000);
  assert.equal((await response).statusCode, 503);
});

test('a server without its brokers is ready, and says that they are away', async () => {
  const missingTopics = ['commands.v1'];
  const { app } = openApp({ ping: async () => {} }, null, {
    state: () => ({
      status: 'disconnected',
      detail: 'No broker can be reached.',
      sinceMs: 1_000,
      missingTopics,
    }),
    commandCounts: () => [],
  });
  const response = await app.inject('/readyz');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), {
    status: 'ready',
    kafka: {
      status: 'disconnected',
      detail: 'No broker can be reached.',
      since: '1970-01-01T00:00:01.000Z',
      missingTopics,
    },
  });
});
