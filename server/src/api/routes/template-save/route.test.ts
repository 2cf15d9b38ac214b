import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp, pointersOf } from '#api/app.fixture.ts';
import { templateExample } from '#api/schemas/template.ts';
import { ok, refuse } from '#domain/refusal.ts';
import type { Template } from '#domain/template.ts';

const variant = { channel: 'sms', text: 'Your code is {{code}}' };

function openSaving() {
  const asked: Template[] = [];
  const opened = openApp({
    async saveTemplate(_applicationId, template) {
      asked.push(template);
      return ok({ template, updatedAtMs: 0 });
    },
  });
  return { ...opened, asked };
}

test('a template is saved under the name of its address and shown', async () => {
  const { call, asked } = openSaving();
  const response = await call('PUT', '/v1/templates/login', templateExample);
  assert.equal(response.statusCode, 200);
  const saved = { name: 'login', ...templateExample };
  assert.deepEqual(response.json(), { ...saved, updatedAt: '1970-01-01T00:00:00.000Z' });
  assert.deepEqual(asked, [saved]);
});

test('what is left out of a template is filled in', async () => {
  const { call, asked } = openSaving();
  const response = await call('PUT', '/v1/templates/login', { variants: [variant] });
  assert.equal(response.statusCode, 200);
  assert.deepEqual(asked[0], { name: 'login', ...templateExample });
});

test('an e-mail of the largest size can be saved', async () => {
  const { call } = openSaving();
  const mail = { channel: 'email', text: 'a'.repeat(2_000), html: 'b'.repeat(50_000) };
  assert.equal((await call('PUT', '/v1/templates/m', { variants: [mail] })).statusCode, 200);
});

const wrong: readonly (readonly [object, string])[] = [
  [{}, '/variants'],
  [{ variants: [] }, '/variants'],
  [{ variants: [{ channel: 'sms' }] }, '/variants/0/text'],
  [{ variants: [{ text: 'x' }] }, '/variants/0/channel'],
  [{ variants: [{ ...variant, prefix: '49' }] }, '/variants/0/prefix'],
  [{ variants: [{ ...variant, language: 'xx yy' }] }, '/variants/0/language'],
  [{ variants: [{ ...variant, text: 'a'.repeat(2_001) }] }, '/variants/0/text'],
  [{ variants: [{ ...variant, html: 7 }] }, '/variants/0/html'],
  [{ variants: [{ ...variant, code: 'x' }] }, '/variants/0/code'],
  [{ variants: [variant], state: 'live' }, '/state'],
  [{ variants: [variant], purposes: [''] }, '/purposes/0'],
  [{ variants: [variant], purposes: ['a', 'a'] }, '/purposes'],
  [{ variants: [variant], name: 'other' }, '/name'],
];

test('a template in a wrong shape is refused with a pointer', async () => {
  const { call, asked } = openSaving();
  for (const [body, pointer] of wrong) {
    const response = await call('PUT', '/v1/templates/login', body);
    assert.equal(response.statusCode, 422, JSON.stringify(body).slice(0, 80));
    assert.deepEqual(pointersOf(response), [pointer]);
  }
  assert.deepEqual(asked, []);
});

test('a text that cannot be sent is refused by the service’s own word', async () => {
  const pointer = '/variants/0/text';
  const { call } = openApp({
    saveTemplate: async () => refuse('template_invalid', 'No {{code}} in it.', { pointer }),
  });
  const response = await call('PUT', '/v1/templates/login', { variants: [variant] });
  assert.equal(response.statusCode, 422);
  assert.equal(response.json().code, 'template_invalid');
  assert.deepEqual(pointersOf(response), [pointer]);
});

test('a body beyond 64 kilobytes is refused', async () => {
  const { call } = openSaving();
  const variants = Array.from({ length: 60 }, () => ({ ...variant, text: 'a'.repeat(1_500) }));
  assert.equal((await call('PUT', '/v1/templates/login', { variants })).statusCode, 413);
});
