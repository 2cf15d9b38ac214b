import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp } from '#api/app.fixture.ts';
import type { StoredTemplate } from '#service/records.ts';

test('the templates of the application are listed with their variants', async () => {
  const stored: StoredTemplate = {
    template: {
      name: 'login',
      state: 'draft',
      purposes: ['login'],
      variants: [
        {
          channel: 'email',
          language: 'en',
          prefix: null,
          subject: 'Your code',
          text: '{{code}}',
          html: '<b>{{code}}</b>',
        },
      ],
    },
    updatedAtMs: Date.parse('2026-03-01T09:30:00.000Z'),
  };
  const { call } = openApp({
    async listTemplates(applicationId) {
      assert.equal(applicationId, 'app_1');
      return [stored];
    },
  });
  const response = await call('GET', '/v1/templates');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), {
    items: [{ ...stored.template, updatedAt: '2026-03-01T09:30:00.000Z' }],
  });
});
