import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp } from '#api/app.fixture.ts';

test('a living process says so without asking anything', async () => {
  // The service of this app has no verb at all.
  const response = await openApp().app.inject('/healthz');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), { status: 'alive', version: '1.2.3' });
});
