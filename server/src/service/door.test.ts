import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Application, defaultSettings } from '#domain/application.ts';
import { createDoor } from '#service/door.ts';

const application: Application = {
  id: 'app_1',
  name: 'Shop',
  settings: { ...defaultSettings, sender: 'ACME', facades: { vendor: { lifetimeSeconds: 120 } } },
  createdAtMs: 0,
};

test('a door lays its vendor’s rules over the settings, and leaves the rest', () => {
  let asked = 0;
  const door = createDoor('vendor', ({ facades }) => {
    asked++;
    const lifetimeSeconds = Number(facades['vendor']?.['lifetimeSeconds']);
    return { secondStart: 'reject', lifetimeSeconds, limits: { recipientSendsHourMax: 20 } };
  });
  const caller = door(application);
  assert.equal(caller.origin, 'vendor');
  assert.equal(caller.approvalYields, 'nothing');
  assert.equal(caller.keepsRefusals, undefined);
  assert.equal(caller.application.id, application.id);
  assert.deepEqual(caller.application.settings, {
    ...application.settings,
    secondStart: 'reject',
    lifetimeSeconds: 120,
    limits: { ...defaultSettings.limits, recipientSendsHourMax: 20 },
  });
  assert.equal(application.settings.secondStart, 'supersede');
  assert.equal(door(application), caller);
  assert.equal(asked, 1);
  // Settings that were read again may have changed.
  assert.notEqual(door({ ...application }), caller);
  assert.equal(asked, 2);
});
