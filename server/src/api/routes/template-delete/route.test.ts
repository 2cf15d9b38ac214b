import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, problemOf } from '#api/app.fixture.ts';
import { ok, refuse } from '#domain/refusal.ts';

test('a deleted template is answered with nothing', async () => {
  const asked: string[] = [];
  const { call } = openApp({
    async deleteTemplate(_applicationId, name) {
      asked.push(name);
      return ok(null);
    },
  });
  const response = await call('DELETE', '/v1/templates/login');
  assert.deepEqual([response.statusCode, response.body], [204, '']);
  assert.deepEqual(asked, ['login']);
});

test('many clients name a type for no body at all, and may', async () => {
  const { call } = openApp({ deleteTemplate: async () => ok(null) });
  const headers = { 'content-type': 'application/json' };
  const response = await call('DELETE', '/v1/templates/login', undefined, headers);
  assert.equal(response.statusCode, 204);
});

test('deleting what is not there is 404', async () => {
  const { call } = openApp({
    deleteTemplate: async () => refuse('template_not_found', 'There is none.'),
  });
  const response = await call('DELETE', '/v1/templates/login');
  assert.deepEqual([response.statusCode, problemOf(response).code], [404, 'template_not_found']);
});
