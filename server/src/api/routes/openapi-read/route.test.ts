import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, publicUrl } from '#api/app.fixture.ts';

test('the description names this server, and the sandbox only where there is one', async () => {
  const production = await openApp().app.inject('/v1/openapi.json');
  assert.equal(production.statusCode, 200);
  const { openapi, servers, paths } = production.json();
  assert.equal(openapi, '3.1.0');
  assert.deepEqual(servers, [{ url: publicUrl }]);
  assert.equal(paths['/v1/sandbox/reset'], undefined);

  const development = await openApp({}, {}).app.inject('/v1/openapi.json');
  assert.ok(development.json().paths['/v1/sandbox/reset'] !== undefined);
});
