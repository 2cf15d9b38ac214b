import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type KeptRequest, openKeptRequest, sealKeptRequest } from '#service/kept-request.ts';
import { type OpenedService, openService } from '#service/service.fixture.ts';

let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

const least: KeptRequest = {
  recipient: '+14155550123',
  destinations: [{ channel: 'sms', to: '+14155550123', country: 'US' }],
  purpose: 'login',
  template: null,
  text: null,
  language: 'en',
  variables: {},
  sender: null,
  autofill: {},
  lifetimeSeconds: 300,
  codeSpec: null,
  transaction: null,
  callbackUrl: null,
  redirected: {},
};
const most: KeptRequest = {
  ...least,
  recipient: 'ann@example.com',
  destinations: [{ channel: 'email', to: 'ann@example.com', country: null }],
  template: 'welcome',
  text: '{{code}}',
  variables: { name: 'Ann', empty: '' },
  sender: 'Shop',
  autofill: { webOrigin: 'https://shop.example' },
  codeSpec: { alphabet: 'digits', length: 6 },
  transaction: { amount: '1.00', currency: 'EUR', payee: 'Shop' },
  callbackUrl: 'https://shop.example/done',
};

for (const [name, kept] of [
  ['leaves all out that it can', least],
  ['says everything', most],
] as const) {
  test(`a request that ${name} comes back as it was`, () => {
    const sealed = sealKeptRequest(opened.vault, kept, 'vf_1');
    assert.deepEqual(openKeptRequest(opened.vault, sealed, 'vf_1'), kept);
  });
}

test('what a request leaves out takes no room', () => {
  const length = (kept: KeptRequest) => sealKeptRequest(opened.vault, kept, 'vf_1').length;
  assert.ok(length(least) < JSON.stringify(least).length);
});

test('a request that was kept whole is read like any other', () => {
  const sealed = opened.vault.sealRequest(JSON.stringify(most), 'vf_1');
  assert.deepEqual(openKeptRequest(opened.vault, sealed, 'vf_1'), most);
});
