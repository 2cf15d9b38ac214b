import assert from 'node:assert/strict';
import { defaultSettings } from '#domain/application.ts';
import type { Template } from '#domain/template.ts';
import type { Storage } from '#service/ports.ts';
import { type DefinePromise, hashOf, inParallel, makeId } from './fixture.ts';

export function testSettings(promise: DefinePromise): void {
  promise('applications are read, listed and changed, and stay', async (bench) => {
    const second = await bench.createApplication();
    const settings = { ...defaultSettings, sender: 'ACME', countries: ['US', 'DE'] };
    const saved = await bench.storage.saveSettings(second, settings, defaultSettings);
    assert.ok(saved !== null && saved !== 'changed');
    assert.deepEqual(saved.settings, settings);
    await bench.reopen();
    assert.deepEqual(await bench.storage.readApplication(second), saved);
    const ids = (await bench.storage.listApplications()).map(({ id }) => id);
    assert.deepEqual(ids, [bench.applicationId, second]);
    assert.equal(await bench.storage.readApplication(makeId('app')), null);
    assert.equal(await bench.storage.saveSettings(makeId('app'), settings, settings), null);
    const application = await bench.storage.readApplication(second);
    assert.ok(application);
    await assert.rejects(bench.storage.createApplication(application));
  });

  promise('settings that somebody else changed meanwhile are not overwritten', async (bench) => {
    const { storage, applicationId } = bench;
    const first = { ...defaultSettings, sender: 'FIRST' };
    const second = { ...defaultSettings, sender: 'SECOND' };
    const saves = await Promise.all(
      [first, second].map((next) => storage.saveSettings(applicationId, next, defaultSettings)),
    );
    const won = saves.filter((saved) => saved !== 'changed');
    assert.equal(won.length, 1);
    assert.deepEqual(await storage.readApplication(applicationId), won[0]);
    const stays = won[0]?.settings.sender === 'FIRST' ? first : second;
    assert.equal(await storage.saveSettings(applicationId, stays, defaultSettings), 'changed');
    const changed = { ...stays, sender: 'THIRD' };
    const saved = await storage.saveSettings(applicationId, changed, stays);
    assert.ok(saved !== null && saved !== 'changed');
    assert.equal(saved.settings.sender, 'THIRD');
  });

  testApiKeys(promise);
  testTemplates(promise);
  testSecrets(promise);
}

function testApiKeys(promise: DefinePromise): void {
  promise('an API key opens its application until it is revoked', async (bench) => {
    const other = await bench.createApplication();
    const created = [bench.applicationId, other].map((applicationId, index) => ({
      id: makeId('key'),
      applicationId,
      label: `key ${index}`,
      createdAtMs: 1_000 + index,
      revokedAtMs: null,
    }));
    for (const key of created) {
      assert.equal(await bench.storage.createApiKey({ ...key, hash: hashOf(key.label) }), true);
    }
    const [first, second] = created;
    assert.deepEqual(await bench.storage.findApiKey(hashOf('key 0')), first);
    assert.equal(await bench.storage.findApiKey(hashOf('key 9')), null);
    assert.deepEqual(await bench.storage.listApiKeys(null), created);
    assert.deepEqual(await bench.storage.listApiKeys(other), [second]);
    assert.equal(await bench.storage.revokeApiKey(first?.id ?? ''), true);
    assert.equal(await bench.storage.revokeApiKey(makeId('key')), false);
    await bench.reopen();
    assert.equal(await bench.storage.findApiKey(hashOf('key 0')), null);
    const [revoked] = await bench.storage.listApiKeys(bench.applicationId);
    assert.ok(revoked?.revokedAtMs);
    await bench.storage.revokeApiKey(first?.id ?? '');
    assert.deepEqual((await bench.storage.listApiKeys(bench.applicationId))[0], revoked);
  });

  promise('a key that was used once is not made again, revoked or not', async (bench) => {
    const make = (id: string): Promise<boolean> =>
      bench.storage.createApiKey({
        id,
        applicationId: bench.applicationId,
        label: '',
        createdAtMs: 1_000,
        revokedAtMs: null,
        hash: hashOf('once'),
      });
    const id = makeId('key');
    assert.equal(await make(id), true);
    assert.equal(await make(makeId('key')), false);
    assert.equal((await bench.storage.findApiKey(hashOf('once')))?.id, id);
    await bench.storage.revokeApiKey(id);
    assert.equal(await make(makeId('key')), false);
    assert.equal(await bench.storage.findApiKey(hashOf('once')), null);
    assert.equal((await bench.storage.listApiKeys(null)).length, 1);
    // Any other clash is a bug of the caller.
    const [known] = await bench.storage.listApiKeys(null);
    assert.ok(known);
    await assert.rejects(bench.storage.createApiKey({ ...known, hash: hashOf('other') }));
  });
}

function testTemplates(promise: DefinePromise): void {
  promise('templates belong to their application', async (bench) => {
    const { storage, applicationId } = bench;
    const other = await bench.createApplication();
    const template: Template = {
      name: 'login',
      state: 'approved',
      purposes: ['login'],
      variants: [
        {
          channel: 'sms',
          language: 'de',
          prefix: null,
          subject: null,
          text: '{{code}}',
          html: null,
        },
      ],
    };
    const saved = await storage.saveTemplate(applicationId, template);
    assert.deepEqual(saved.template, template);
    assert.deepEqual(await storage.readTemplate(applicationId, 'login'), saved);
    const changed = { ...template, state: 'draft' as const };
    await storage.saveTemplate(applicationId, changed);
    await storage.saveTemplate(applicationId, { ...template, name: 'a' });
    const listed = await storage.listTemplates(applicationId);
    assert.deepEqual(
      listed.map(({ template: { name, state } }) => [name, state]),
      [
        ['a', 'approved'],
        ['login', 'draft'],
      ],
    );
    for (const id of [other, makeId('app')]) {
      assert.equal(await storage.readTemplate(id, 'login'), null);
      assert.deepEqual(await storage.listTemplates(id), []);
      assert.equal(await storage.deleteTemplate(id, 'login'), false);
    }
    assert.equal(await storage.deleteTemplate(applicationId, 'login'), true);
    assert.equal(await storage.readTemplate(applicationId, 'login'), null);
  });
}

function testSecrets(promise: DefinePromise): void {
  promise('of many that create one secret all keep the first one’s', async (bench) => {
    const values = await inParallel(10, (index) => bench.storage.createSecret('hash', `${index}`));
    assert.equal(new Set(values).size, 1);
    assert.equal(await bench.storage.readSecret('hash'), values[0]);
    assert.equal(await bench.storage.readSecret('other'), null);
    await bench.storage.replaceSecret('hash', 'sealed again');
    assert.equal(await bench.storage.createSecret('hash', 'late'), 'sealed again');
    await bench.reopen();
    assert.equal(await bench.storage.readSecret('hash'), 'sealed again');
  });

  promise('signing keys are kept until they are deleted', async (bench) => {
    const keys = ['k1', 'k2'].map((id, index) => ({
      id,
      publicJwk: `{"kid":"${id}"}`,
      sealedPrivateKey: `sealed ${id}`,
      createdAtMs: index,
    }));
    for (const key of keys) await bench.storage.saveSigningKey(key);
    assert.deepEqual(await bench.storage.listSigningKeys(), keys);
    const resealed = { ...keys[0], sealedPrivateKey: 'sealed again' } as (typeof keys)[number];
    await bench.storage.saveSigningKey(resealed);
    await bench.storage.deleteSigningKey('k2');
    assert.deepEqual(await bench.storage.listSigningKeys(), [resealed]);
  });

  promise('a storage that was closed says that it is unavailable', async (bench) => {
    await bench.storage.ping();
    const closed: Storage = bench.storage;
    await closed.close();
    await closed.close();
    await assert.rejects(closed.ping(), { name: 'StorageUnavailable' });
    await assert.rejects(closed.now(), { name: 'StorageUnavailable' });
  });
}
