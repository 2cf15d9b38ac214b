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

async function makeKey(applicationId: string, apiKey: string): Promise<string> {
  const id = makeId('key');
  await opened.storage.createApiKey({
    id,
    applicationId,
    label: 'test',
    createdAtMs: 0,
    revokedAtMs: null,
    hash: hashApiKey(apiKey),
  });
  return id;
}

test('a key that is revoked while it is read opens nothing from then on', async () => {
  const { application } = await opened.newCaller();
  const apiKey = 'wk_a-key-that-is-being-read';
  const id = await makeKey(application.id, apiKey);
  const isRead = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  let reads = 0;
  const directory = createApplicationDirectory({
    ...opened.storage,
    async findApiKey(keyHash) {
      const found = await opened.storage.findApiKey(keyHash);
      if (reads++ > 0) return found;
      isRead.resolve();
      await mayAnswer.promise;
      return found;
    },
  });
  const asking = directory.authenticate(apiKey);
  await isRead.promise;
  assert.ok(await opened.storage.revokeApiKey(id));
  directory.forget();
  mayAnswer.resolve();
  await asking;
  assert.equal(await directory.authenticate(apiKey), null);
});

test('a revoked key ends in time although the machine’s clock was set back', async (context) => {
  const { application } = await opened.newCaller();
  const apiKey = 'wk_a-key-of-this-test';
  const id = await makeKey(application.id, apiKey);
  const directory = createApplicationDirectory(opened.storage);
  assert.equal((await directory.authenticate(apiKey))?.id, application.id);
  // Another node revokes it, so this one hears of it only by asking again.
  assert.ok(await opened.storage.revokeApiKey(id));
  assert.equal((await directory.authenticate(apiKey))?.id, application.id);
  const laterMs = performance.now() + 1_500;
  context.mock.timers.enable({ apis: ['Date'], now: Date.now() - 3_600_000 });
  context.mock.method(performance, 'now', () => laterMs);
  assert.equal(await directory.authenticate(apiKey), null);
});
