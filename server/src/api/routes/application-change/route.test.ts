import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application, openApp, pointersOf, problemOf } from '#api/app.fixture.ts';
import { settingsPatch } from '#api/schemas/application.ts';
import { defaultSettings } from '#domain/application.ts';
import { ok, refuse } from '#domain/refusal.ts';
import type { SettingsPatch } from '#service/service.ts';

function openChanging() {
  const asked: SettingsPatch[] = [];
  const opened = openApp({
    async changeSettings(_id, patch) {
      asked.push(patch);
      return ok(application);
    },
  });
  return { ...opened, asked };
}

test('what a change names reaches the service as it is, null included', async () => {
  const { call, asked } = openChanging();
  const patch = {
    secondStart: 'reuse',
    code: { length: 8 },
    limits: { recipientSendsDayMax: 3 },
    countries: ['DE'],
    dailyBudget: { amount: '10.50', currency: 'EUR' },
    template: null,
    lifetimeSeconds: null,
  };
  const response = await call('PATCH', '/v1/application', patch);
  assert.equal(response.statusCode, 200);
  assert.equal(response.json().id, 'app_1');
  assert.deepEqual(asked, [patch]);
});

test('every setting can be changed, and put back by null', async () => {
  const { call } = openChanging();
  const { properties } = settingsPatch as unknown as { properties: Record<string, unknown> };
  assert.deepEqual(Object.keys(properties).sort(), Object.keys(defaultSettings).sort());
  for (const name of Object.keys(defaultSettings)) {
    const response = await call('PATCH', '/v1/application', { [name]: null });
    assert.equal(response.statusCode, 200, name);
  }
});

test('the settings as they are shown can be sent back', async () => {
  const { call, asked } = openChanging();
  const { id, name, createdAt, callbackSecret, ...settings } = (
    await call('PATCH', '/v1/application', {})
  ).json<Record<string, unknown>>();
  const fixed = [id, name, createdAt, callbackSecret];
  assert.ok(fixed.every((value) => value !== undefined));
  // An empty list of countries is the default and a value like any other.
  assert.equal((await call('PATCH', '/v1/application', settings)).statusCode, 200);
  assert.deepEqual(asked.at(-1), settings);
});

const wrong: Record<string, readonly unknown[]> = {
  '/id': ['app_2'],
  '/name': ['x'],
  '/apiKey': ['wk_x'],
  '/secondStart': ['replace', 7],
  '/channels': [[], 'sms', ['sms', 'sms']],
  '/channels/0': [['fax']],
  '/checksMax': [0, 11, '5'],
  '/allowShortCodes': ['yes', 1],
  '/countries': ['DE', 'ALL', ['Germany'], [7]],
  '/code/length': [{ length: 3 }],
  '/code/more': [{ more: 1 }],
  '/limits/recipientSendsDayMax': [{ recipientSendsDayMax: 21 }],
  '/limits/more': [{ more: 1 }],
  '/dailyBudget/amount': [{ amount: 10, currency: 'EUR' }, { currency: 'EUR' }],
  '/countryDailyBudgets/Germany': [{ Germany: { amount: '1', currency: 'EUR' } }],
  '/countryDailyBudgets/DE/currency': [{ DE: { amount: '1' } }],
  '/balance/messages': [{ messages: -1 }, { messages: '5' }, {}],
  '/balance/more': [{ messages: 1, more: 1 }],
  '/providers/fax': [{ fax: ['x'] }],
  '/providers/sms': [{ sms: [] }, { sms: 'sandbox' }],
  '/limits': [[], 5],
};

test('a setting in a wrong shape is refused with a pointer to it', async () => {
  const { call, asked } = openChanging();
  for (const [pointer, values] of Object.entries(wrong)) {
    const field = pointer.split('/')[1] ?? '';
    for (const value of values) {
      const response = await call('PATCH', '/v1/application', { [field]: value });
      const said = `${JSON.stringify(value)} → ${response.body}`;
      assert.equal(response.statusCode, 422, said);
      assert.deepEqual(pointersOf(response), [pointer], said);
    }
  }
  assert.deepEqual(asked, []);
});

test('what the service has against a change is answered as a field of the body', async () => {
  const { call } = openApp({
    changeSettings: async () =>
      refuse('request_invalid', 'Too short.', { pointer: '/code/length' }),
  });
  const response = await call('PATCH', '/v1/application', { code: { length: 4 } });
  assert.deepEqual([response.statusCode, problemOf(response).code], [422, 'request_invalid']);
  assert.deepEqual(pointersOf(response), ['/code/length']);
});
