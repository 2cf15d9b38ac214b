import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application, openApp } from '#api/app.fixture.ts';
import { ok } from '#domain/refusal.ts';

test('the application is shown with every one of its settings', async () => {
  const { call } = openApp({
    async readApplication(id) {
      assert.equal(id, 'app_1');
      return ok(application);
    },
  });
  const response = await call('GET', '/v1/application');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), {
    id: 'app_1',
    name: 'Shop',
    createdAt: '2026-01-02T03:04:05.678Z',
    callbackSecret: 'whsec_of_app_1',
    ...application.settings,
  });
});

test('settings that hold lists and money are shown whole', async () => {
  const settings = {
    ...application.settings,
    countries: ['DE', 'US'],
    dailyBudget: { amount: '10', currency: 'EUR' },
    countryDailyBudgets: { DE: { amount: '5.5', currency: 'EUR' } },
    providers: { sms: ['sandbox', 'other'] },
    facades: { vendor: { length: 7, isOn: true, texts: { login: 'a' }, list: [1] } },
  };
  const { call } = openApp({ readApplication: async () => ok({ ...application, settings }) });
  const shown = (await call('GET', '/v1/application')).json();
  assert.deepEqual(shown, { ...shown, ...settings });
});

test('a balance is shown as what is left of it', async () => {
  const balance = { messages: 100, setAtMs: 1 };
  const settings = { ...application.settings, balance };
  const { call } = openApp({
    readApplication: async () => ok({ ...application, settings }),
    readBalance: async (asked) => ({ messages: (asked.settings.balance?.messages ?? 0) - 3 }),
  });
  const shown = (await call('GET', '/v1/application')).json();
  assert.deepEqual(shown.balance, { messages: 97 });
});
