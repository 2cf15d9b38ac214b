import assert from 'node:assert/strict';
import type { CredentialRecord } from '#service/records.ts';
import { type DefinePromise, hashOf, inParallel, makeId } from './fixture.ts';

function newCredential(
  applicationId: string,
  changes: Partial<CredentialRecord> = {},
): CredentialRecord {
  return {
    id: makeId('crd'),
    applicationId,
    facade: 'verifynow',
    publicId: 'C-0123456789ABCDEF',
    secretHashes: { password: hashOf('password') },
    details: { scopes: ['otp'], tokenLifetimeSeconds: null },
    createdAtMs: 1_000,
    revokedAtMs: null,
    ...changes,
  };
}

export function testCredentials(promise: DefinePromise): void {
  promise('a credential is found by its façade and public id until revoked', async (bench) => {
    const other = await bench.createApplication();
    const first = newCredential(bench.applicationId);
    const second = newCredential(other, { facade: 'smscx' });
    for (const one of [first, second]) {
      assert.equal(await bench.storage.createCredential(one), true);
    }
    await bench.reopen();
    const { storage } = bench;
    assert.deepEqual(await storage.findCredential('verifynow', first.publicId), first);
    assert.deepEqual(await storage.findCredential('smscx', first.publicId), second);
    for (const publicId of ['', 'C-0', `${first.publicId}\0`, first.publicId.toLowerCase()]) {
      assert.equal(await storage.findCredential('verifynow', publicId), null);
    }
    assert.deepEqual(await storage.listCredentials(null), [first, second]);
    assert.deepEqual(await storage.listCredentials('smscx'), [second]);
    assert.equal(await storage.revokeCredential(first.id), true);
    assert.equal(await storage.revokeCredential(makeId('crd')), false);
    assert.equal(await storage.findCredential('verifynow', first.publicId), null);
    const [revoked] = await storage.listCredentials('verifynow');
    assert.ok(revoked?.revokedAtMs);
    await bench.advance(1_000);
    await storage.revokeCredential(first.id);
    assert.deepEqual(await storage.listCredentials('verifynow'), [revoked]);
  });

  promise('a public id belongs to one live credential of a façade', async (bench) => {
    const { storage, applicationId } = bench;
    const made = await inParallel(8, (index) =>
      storage.createCredential(newCredential(applicationId, { createdAtMs: index })),
    );
    assert.equal(made.filter(Boolean).length, 1);
    const [live] = await storage.listCredentials(null);
    assert.ok(live);
    await storage.revokeCredential(live.id);
    const next = newCredential(applicationId);
    assert.equal(await storage.createCredential(next), true);
    assert.deepEqual(await storage.findCredential('verifynow', next.publicId), next);
    assert.equal((await storage.listCredentials(null)).length, 2);
    // Any other clash is a bug of the caller.
    await assert.rejects(storage.createCredential({ ...next, publicId: 'C-1' }));
  });
}
