import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, problemOf } from '#api/app.fixture.ts';
import { ok, refuse } from '#domain/refusal.ts';
import type { Template } from '#domain/template.ts';

const template: Template = {
  name: 'login',
  state: 'approved',
  purposes: [],
  variants: [
    { channel: 'sms', language: 'en', prefix: '+1', subject: null, text: '{{code}}', html: null },
  ],
};

test('a template is read by its name', async () => {
  const { call } = openApp({
    async readTemplate(applicationId, name) {
      assert.deepEqual([applicationId, name], ['app_1', 'login']);
      return ok({ template, updatedAtMs: 0 });
    },
  });
  const response = await call('GET', '/v1/templates/login');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), { ...template, updatedAt: '1970-01-01T00:00:00.000Z' });
});

test('a template that is not there is 404', async () => {
  const { call } = openApp({
    readTemplate: async () => refuse('template_not_found', 'There is none.'),
  });
  const response = await call('GET', '/v1/templates/..%2Fx');
  assert.deepEqual([response.statusCode, problemOf(response).code], [404, 'template_not_found']);
});
