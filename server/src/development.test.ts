import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { facades } from '#compat/index.ts';
import { defaultSettings } from '#domain/application.ts';
import { hashApiKey } from '#service/applications.ts';
import { makeId } from '#service/make-id.ts';
import type { Storage } from '#service/ports.ts';
import { openService, take } from '#service/service.fixture.ts';
import {
  ensureDevelopmentAccess,
  ensureFacadeCredentials,
  liveDevelopmentAccess,
} from '#src/development.ts';
import { openSqliteStorage } from '#storage/sqlite/index.ts';

async function withStorage(work: (storage: Storage) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-development-'));
  const storage = await openSqliteStorage({ folder, role: 'server' });
  try {
    await work(storage);
  } finally {
    await storage.close();
    rmSync(folder, { recursive: true });
  }
}

async function opens(storage: Storage, apiKey: string): Promise<string | null> {
  return (await storage.findApiKey(hashApiKey(apiKey)))?.applicationId ?? null;
}

async function revokeAll(storage: Storage): Promise<void> {
  for (const { id } of await storage.listApiKeys(null)) await storage.revokeApiKey(id);
}

const nothing = { fixed: null, kept: null };

test('the key that was kept opens the same application at every start', async () => {
  await withStorage(async (storage) => {
    const first = await ensureDevelopmentAccess(storage, nothing);
    assert.ok(first.ok);
    const again = await ensureDevelopmentAccess(storage, { fixed: null, kept: first.value.apiKey });
    assert.deepEqual(again, first);
    assert.equal(await opens(storage, first.value.apiKey), first.value.application);
    assert.equal((await storage.listApiKeys(null)).length, 1);
  });
});

test('a kept key that was revoked is replaced by a new one and stays revoked', async () => {
  await withStorage(async (storage) => {
    const first = await ensureDevelopmentAccess(storage, nothing);
    assert.ok(first.ok);
    await revokeAll(storage);
    const next = await ensureDevelopmentAccess(storage, { fixed: null, kept: first.value.apiKey });
    assert.ok(next.ok);
    assert.notEqual(next.value.apiKey, first.value.apiKey);
    assert.equal(next.value.application, first.value.application);
    assert.equal(await opens(storage, next.value.apiKey), first.value.application);
    assert.equal(await opens(storage, first.value.apiKey), null);
  });
});

test('a fixed key wins over the kept one; revoked, it stops the start and says why', async () => {
  await withStorage(async (storage) => {
    const keys = { fixed: 'fixed-for-tests', kept: 'kept-before' };
    const fixed = await ensureDevelopmentAccess(storage, keys);
    assert.equal(fixed.ok && fixed.value.apiKey, 'fixed-for-tests');
    assert.equal(await opens(storage, 'kept-before'), null);
    await revokeAll(storage);
    const refused = await ensureDevelopmentAccess(storage, keys);
    assert.equal(refused.ok, false);
    assert.match(refused.ok ? '' : refused.error, /^WATCHWORD_DEV_API_KEY .* revoked.*\. Set it/);
    assert.ok(!JSON.stringify(refused).includes('fixed-for-tests'));
  });
});

test('a key of another application is never taken for that of development', async () => {
  await withStorage(async (storage) => {
    const id = makeId('app');
    await storage.createApplication({
      id,
      name: 'Shop',
      settings: defaultSettings,
      createdAtMs: 1_000,
    });
    await storage.createApiKey({
      id: makeId('key'),
      applicationId: id,
      label: '',
      createdAtMs: 1_000,
      revokedAtMs: null,
      hash: hashApiKey('key-of-the-shop'),
    });
    const fixed = await ensureDevelopmentAccess(storage, { fixed: 'key-of-the-shop', kept: null });
    assert.equal(fixed.ok, false);
    const kept = await ensureDevelopmentAccess(storage, { fixed: null, kept: 'key-of-the-shop' });
    assert.ok(kept.ok && kept.value.apiKey !== 'key-of-the-shop');
    assert.equal(await opens(storage, kept.value.apiKey), kept.value.application);
    assert.equal(await opens(storage, 'key-of-the-shop'), id);
  });
});

test('the keys that production has to refuse are the live ones of development alone', async () => {
  await withStorage(async (storage) => {
    assert.deepEqual(await liveDevelopmentAccess(storage), []);
    assert.ok((await ensureDevelopmentAccess(storage, nothing)).ok);
    const [key] = await storage.listApiKeys(null);
    assert.deepEqual(await liveDevelopmentAccess(storage), [`watchword api-key revoke ${key?.id}`]);
    await revokeAll(storage);
    assert.deepEqual(await liveDevelopmentAccess(storage), []);
  });
});

test('credentials of façades are made once and kept, and anew when they were revoked', async () => {
  const opened = await openService({ facades });
  try {
    const { service } = opened;
    const { id } = (await opened.newCaller()).application;
    const ensure = (kept: Readonly<Record<string, unknown>>, application = id) =>
      ensureFacadeCredentials(service, application, { facades, kept });
    const first = await ensure({});
    assert.deepEqual(
      Object.keys(first),
      facades.map(({ name }) => name),
    );
    assert.deepEqual(await ensure(first), first);
    for (const broken of ['x', null, [], {}, { customerId: 'C-000000', key: 'eA==' }]) {
      assert.notDeepEqual(await ensure({ verifynow: broken }), first);
    }
    const other = (await opened.newCaller()).application.id;
    assert.notDeepEqual(await ensure(first, other), first);
    const { customerId } = first['verifynow'] ?? {};
    take(await service.revokeCredential('verifynow', String(customerId)));
    assert.notDeepEqual(await ensure(first), first);
    assert.deepEqual(await ensureFacadeCredentials(service, id, { facades: [], kept: first }), {});
  } finally {
    await opened.end();
  }
});
