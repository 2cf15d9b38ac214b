import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createApplicationDirectory, hashApiKey } from '#service/applications.ts';
import { makeId } from '#service/make-id.ts';
import { type OpenedService, openService } from '#service/service.fixture.ts';

let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

test('a revoked key ends in time although the machine’s clock was set back', async (context) => {
  const { application } = await opened.newCaller();
  const apiKey = 'wk_a-key-of-this-test';
  const keyHash = hashApiKey(apiKey);
  await opened.storage.createApiKey({
    id: makeId('key'),
    applicationId: application.id,
    label: 'test',
    createdAtMs: 0,
    revokedAtMs: null,
    hash: keyHash,
  });
  const directory = createApplicationDirectory(opened.storage);
  assert.equal((await directory.authenticate(apiKey))?.id, application.id);
  // Another node revokes it, so this one hears of it only by asking again.
  const found = await opened.storage.findApiKey(keyHash);
  assert.ok(await opened.storage.revokeApiKey(found?.id ?? ''));
  assert.equal((await directory.authenticate(apiKey))?.id, application.id);
  const laterMs = performance.now() + 1_500;
  context.mock.timers.enable({ apis: ['Date'], now: Date.now() - 3_600_000 });
  context.mock.method(performance, 'now', () => laterMs);
  assert.equal(await directory.authenticate(apiKey), null);
});
