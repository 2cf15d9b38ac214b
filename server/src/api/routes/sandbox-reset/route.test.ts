import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp } from '#api/app.fixture.ts';

test('a reset forgets what belongs to the application of the API key', async () => {
  const reset: string[] = [];
  const { call } = openApp(
    {},
    {
      async reset(applicationId) {
        reset.push(applicationId);
      },
    },
  );
  const response = await call('POST', '/v1/sandbox/reset');
  assert.deepEqual([response.statusCode, response.body], [204, '']);
  assert.equal((await call('POST', '/v1/sandbox/reset', {})).statusCode, 204);
  assert.deepEqual(reset, ['app_1', 'app_1']);
});
