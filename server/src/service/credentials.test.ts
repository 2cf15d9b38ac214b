import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ok, refuse } from '#domain/refusal.ts';
import { createApplicationDirectory } from '#service/applications.ts';
import { createCredentials } from '#service/credentials.ts';
import type { FacadeDefinition, NewSecret } from '#service/facade-port.ts';
import { createSecretHashes } from '#service/secret-hash.ts';
import { type OpenedService, openService, refusalOf, take } from '#service/service.fixture.ts';

/** A façade whose accounts have a name, a password and a key, as the operator says. */
const vendor: FacadeDefinition = {
  name: 'vendor',
  credentials: {
    make({ name, password = 'a chosen password', key = 'k'.repeat(22) }) {
      if (typeof name !== 'string') return refuse('request_invalid', 'It needs a name.');
      return ok({
        publicId: name,
        secrets: {
          password: { value: String(password), kind: 'chosen' },
          key: { value: String(key), kind: 'random' },
        },
        details: { scopes: ['otp'] },
        shown: { name, password: String(password), key: String(key) },
      });
    },
    present: () => null,
  },
  readSettings: (_before, patch) => ok(patch),
};
/** One whose credential is a secret alone, found by its hash. */
const bare: FacadeDefinition = {
  ...vendor,
  name: 'bare',
  credentials: {
    ...vendor.credentials,
    make: () => ok({ publicId: 'hash-of-it', secrets: {}, details: {}, shown: {} }),
  },
};

let opened: OpenedService;
before(async () => {
  opened = await openService({ facades: [vendor, bare] });
});
after(() => opened.end());

test('a credential opens its application by any of its secrets, and by no other', async () => {
  const { service } = opened;
  const { application } = await opened.newCaller();
  const made = take(await service.createCredential(application.id, 'vendor', { name: 'one' }));
  const { password = '', key = '' } = made.shown;
  for (const secrets of [{ password }, { key }, { password, key }]) {
    const found = await service.authenticateWith('vendor', { publicId: 'one', secrets });
    assert.equal(found?.application.id, application.id);
    assert.deepEqual(found?.credential, made.credential);
  }
  const wrong: Record<string, string>[] = [
    {},
    { password: key },
    { key: password },
    { password, key: 'other' },
    { other: password },
    { password: `${password} ` },
    { password: 'x'.repeat(5_000) },
    { toString: 'x' },
  ];
  for (const secrets of wrong) {
    assert.equal(await service.authenticateWith('vendor', { publicId: 'one', secrets }), null);
  }
  for (const publicId of ['', 'two', 'ONE', 'one\0', '\ud800', 'x'.repeat(300)]) {
    assert.equal(await service.authenticateWith('vendor', { publicId, secrets: { key } }), null);
  }
  assert.equal(await service.authenticateWith('bare', { publicId: 'one', secrets: {} }), null);
});

test('a credential without secrets of its own is opened by its public id', async () => {
  const { application } = await opened.newCaller();
  take(await opened.service.createCredential(application.id, 'bare', {}));
  const presented = { publicId: 'hash-of-it', secrets: {} };
  const found = await opened.service.authenticateWith('bare', presented);
  assert.equal(found?.application.id, application.id);
});

test('a revoked credential opens nothing, and its public id may be given again', async () => {
  const { service } = opened;
  const { application } = await opened.newCaller();
  const create = (key: string) =>
    service.createCredential(application.id, 'vendor', { name: 'again', key });
  const first = take(await create('first'.padEnd(22, '0')));
  assert.match(refusalOf(await create('second')).detail, /has a credential "again" already/);
  const open = (key: string) =>
    service.authenticateWith('vendor', { publicId: 'again', secrets: { key } });
  assert.ok(await open('first'.padEnd(22, '0')));
  assert.equal(take(await service.revokeCredential('vendor', 'again')), first.credential.id);
  assert.equal(await open('first'.padEnd(22, '0')), null);
  const second = take(await create('second'));
  assert.ok(await open('second'));
  assert.equal(await open('first'.padEnd(22, '0')), null);
  take(await service.revokeCredential('vendor', second.credential.id));
  const listed = take(await service.listCredentials('vendor'));
  const states = listed.filter(({ publicId }) => publicId === 'again');
  assert.deepEqual(
    states.map(({ id, revokedAtMs }) => [id, revokedAtMs === null]),
    [
      [first.credential.id, false],
      [second.credential.id, false],
    ],
  );
});

test('a credential that is revoked while it is read opens nothing from then on', async () => {
  const { application } = await opened.newCaller();
  const { storage } = opened;
  const isRead = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  let reads = 0;
  const { authenticateWith, verbs } = createCredentials({
    storage: {
      ...storage,
      async findCredential(facade, publicId) {
        const found = await storage.findCredential(facade, publicId);
        if (reads++ > 0) return found;
        isRead.resolve();
        await mayAnswer.promise;
        return found;
      },
    },
    directory: createApplicationDirectory(storage),
    facades: [vendor],
  });
  const { shown } = take(await verbs.createCredential(application.id, 'vendor', { name: 'read' }));
  const presented = { publicId: 'read', secrets: { key: shown['key'] ?? '' } };
  const asking = authenticateWith('vendor', presented);
  await isRead.promise;
  take(await verbs.revokeCredential('vendor', 'read'));
  mayAnswer.resolve();
  await asking;
  assert.equal(await authenticateWith('vendor', presented), null);
});

test('what nobody can make is refused with a sentence', async () => {
  const { service } = opened;
  const { application } = await opened.newCaller();
  const refusals = [
    await service.createCredential(application.id, 'nobody', {}),
    await service.createCredential('app_unknown', 'vendor', { name: 'x' }),
    await service.createCredential(application.id, 'vendor', {}),
    await service.listCredentials('nobody'),
    await service.revokeCredential('vendor', 'nobody'),
    await service.revokeCredential('nobody', 'x'),
  ];
  for (const one of refusals) assert.equal(refusalOf(one).code, 'request_invalid');
});

test('no secret of a credential lies in the database or leaves the service', async () => {
  const { application } = await opened.newCaller();
  const options = { name: 'kept', password: 'my secret password', key: 'my-secret-key-000000000' };
  const made = take(await opened.service.createCredential(application.id, 'vendor', options));
  const kept = JSON.stringify(await opened.storage.listCredentials(null));
  const seen = JSON.stringify([made.credential, take(await opened.service.listCredentials(null))]);
  for (const secret of [options.password, options.key]) {
    assert.ok(!kept.includes(secret) && !seen.includes(secret));
  }
  assert.ok(!seen.includes('scrypt') && !seen.includes('sha256'));
});

test('a chosen secret is kept under scrypt with a salt of its own', async () => {
  const hashes = createSecretHashes();
  const secret: NewSecret = { value: 'password', kind: 'chosen' };
  const [first, second] = await Promise.all([hashes.hash(secret), hashes.hash(secret)]);
  assert.ok(first && second && first !== second);
  assert.match(first, /^scrypt\.15\.8\.3\.[\w-]{22}\.[\w-]{43}$/);
  assert.equal(await hashes.isRight(first, 'password'), true);
  assert.equal(await hashes.isRight(first, 'passwore'), false);
  // What it came to is remembered, so a client that calls often does not pay each time.
  const from = process.cpuUsage();
  for (let call = 0; call < 100; call++) assert.ok(await hashes.isRight(first, 'password'));
  const { user, system } = process.cpuUsage(from);
  assert.ok(user + system < 100_000, `${user + system} µs for 100 known passwords`);
});

test('a password that many present at once is compared once, and turns nobody away', async () => {
  const hashes = createSecretHashes();
  const kept = `scrypt.1.1.1.${'A'.repeat(22)}.${'A'.repeat(43)}`;
  const calls = Array.from({ length: 100 }, () => hashes.isRight(kept, 'the same'));
  assert.deepEqual(new Set(await Promise.all(calls)), new Set([false]));
});

test('however many guess, a password that was right is not compared again', async () => {
  const hashes = createSecretHashes();
  const cheap = 'scrypt.1.1.1';
  const salt = Buffer.alloc(16);
  const made = scryptSync('right', salt, 32, { N: 2, r: 1, p: 1 });
  const kept = `${cheap}.${salt.toString('base64url')}.${made.toString('base64url')}`;
  assert.equal(await hashes.isRight(kept, 'right'), true);
  for (let guess = 0; guess < 1_100; guess++) await hashes.isRight(kept, `wrong ${guess}`);
  const waiting = Array.from({ length: 100 }, (_, guess) => hashes.isRight(kept, `more ${guess}`));
  const turnedAway = Promise.allSettled(waiting);
  // Everybody who has to be compared is turned away now.
  await assert.rejects(hashes.isRight(kept, 'yet another'));
  assert.equal(await hashes.isRight(kept, 'right'), true);
  await turnedAway;
});

test('more passwords at once than may wait are turned away, and the next is served', async () => {
  const hashes = createSecretHashes();
  // Made by hand with the lowest cost: what is tried is the queue.
  const kept = `scrypt.1.1.1.${'A'.repeat(22)}.${'A'.repeat(43)}`;
  const calls = Array.from({ length: 100 }, (_, at) => hashes.isRight(kept, `wrong ${at}`));
  const outcomes = await Promise.allSettled(calls);
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  assert.equal(refused.length, 100 - 1 - 8);
  // Who was turned away is compared when there is room again.
  assert.equal(await hashes.isRight(kept, 'wrong 99'), false);
  assert.equal(await hashes.isRight(kept, 'one more'), false);
});

test('guesses at one credential hold nobody up who presents another', async () => {
  const hashes = createSecretHashes();
  const kept = (salt: string) => `scrypt.12.8.1.${salt.repeat(22)}.${'A'.repeat(43)}`;
  const ended: string[] = [];
  const present = (name: string, salt: string) =>
    hashes.isRight(kept(salt), name).finally(() => ended.push(name));
  const guesses = Array.from({ length: 9 }, (_, at) => present(`guess ${at}`, 'A'));
  const others = ['B', 'C', 'D'].map((salt) => present(salt, salt));
  await Promise.all(others);
  // Of two places one is theirs, and they take turns with who guesses at the other.
  const before = ended.filter((name) => name.startsWith('guess')).length;
  assert.ok(before <= 4, ended.join());
  await Promise.all(guesses);
});
