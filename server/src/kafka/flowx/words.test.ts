import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Application, defaultSettings } from '#domain/application.ts';
import { createFlowxDoor } from './words.ts';

const settings = {
  codeLength: 4,
  lifetimeSeconds: 6000,
} as Parameters<typeof createFlowxDoor>[0];
const application: Application = {
  id: 'app_1',
  name: 'Bank',
  settings: defaultSettings,
  createdAtMs: 0,
};

test('a verdict of this door has no room for a proof, so none is signed', () => {
  const {
    origin,
    approvalYields,
    keepsRefusals,
    application: laid,
  } = createFlowxDoor(settings)(application);
  assert.deepEqual([origin, approvalYields, keepsRefusals], ['flowx', 'nothing', true]);
  const { code, lifetimeSeconds, lifetimeSecondsMax, secondStart, limits } = laid.settings;
  assert.equal(code.length, 4);
  assert.deepEqual([lifetimeSeconds, lifetimeSecondsMax, secondStart], [6000, 6000, 'supersede']);
  // A budget of a recipient holds through every door; only the wait between two sends goes.
  assert.deepEqual(limits, { ...defaultSettings.limits, recipientSendIntervalSeconds: 0 });
});
