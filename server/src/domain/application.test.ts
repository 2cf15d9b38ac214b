import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings, lifetimeFor, settingBounds } from '#domain/application.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import { readSettings } from '#domain/read-settings.ts';

const lifetimes: readonly [
  name: string,
  settings: { lifetimeSeconds: number | null; lifetimeSecondsMax?: number },
  channels: readonly ChannelName[],
  seconds: number,
][] = [
  ['a text message five minutes', { lifetimeSeconds: null }, ['sms'], 300],
  ['a mail ten minutes', { lifetimeSeconds: null }, ['email'], 600],
  ['a mail and a text message five minutes', { lifetimeSeconds: null }, ['email', 'sms'], 300],
  ['what the application says', { lifetimeSeconds: 120 }, ['email'], 120],
  ['no longer than its bound', { lifetimeSeconds: null, lifetimeSecondsMax: 90 }, ['email'], 90],
];

for (const [name, settings, channels, seconds] of lifetimes) {
  test(`a code lives ${name}`, () => {
    assert.equal(lifetimeFor({ lifetimeSecondsMax: 600, ...settings }, channels), seconds);
  });
}

test('the defaults are allowed by their own rules', () => {
  const read = readSettings(defaultSettings, { ...defaultSettings });
  assert.ok(read.ok, read.ok ? '' : read.error.detail);
  assert.deepEqual(read.value, defaultSettings);
});

test('a proof lives an hour at most, so that a retired key is soon forgotten', () => {
  assert.equal(settingBounds.proofLifetimeSeconds.max, 3_600);
});

test('no number is allowed before an application names its countries', () => {
  assert.deepEqual(defaultSettings.countries, []);
});
