import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openKeptCode, sealKeptCode } from '#service/kept-code.ts';
import { generateRingEntry, parseKeyRing } from '#service/key-ring.ts';
import { openVault } from '#service/vault.ts';

const binding = {
  applicationId: 'app_1',
  verificationId: 'vf_1',
  recipientHash: 'hash',
  purpose: 'login',
};

async function makeVault() {
  const reading = parseKeyRing(generateRingEntry(new Date()));
  assert.ok(reading.ok);
  const noSecrets = {
    readSecret: async () => null,
    createSecret: async (_name: string, sealed: string) => sealed,
  };
  return openVault(noSecrets, reading.ring);
}

for (const shownRecipient of ['+14•••••0123', 'a•••@example.com', '" "•••@example.com']) {
  test(`a kept code comes back with ${shownRecipient}`, async () => {
    const vault = await makeVault();
    const kept = { code: 'AB12CD', shownRecipient };
    assert.deepEqual(openKeptCode(vault, sealKeptCode(vault, kept, binding), binding), kept);
  });
}

test('a code that was sealed by itself opens without a recipient', async () => {
  const vault = await makeVault();
  const sealed = vault.sealCode('135790', binding);
  assert.deepEqual(openKeptCode(vault, sealed, binding), { code: '135790', shownRecipient: null });
});

test('a kept code that is gone, or stands in another row, does not open', async () => {
  const vault = await makeVault();
  const sealed = sealKeptCode(vault, { code: '135790', shownRecipient: '•••' }, binding);
  assert.equal(openKeptCode(vault, null, binding), null);
  assert.equal(openKeptCode(vault, sealed, { ...binding, verificationId: 'vf_2' }), null);
});
