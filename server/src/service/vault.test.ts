import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type KeyRing, parseKeyRing } from '#service/key-ring.ts';
import {
  newerTestKey,
  type OpenedService,
  openService,
  refusalOf,
  take,
  testKey,
  wrong,
} from '#service/service.fixture.ts';
import { type CodeBinding, KeyRingMismatch, openVault, resealSecrets } from '#service/vault.ts';
import { openSqliteStorage } from '#storage/sqlite/index.ts';

let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

function ringOf(text: string): KeyRing {
  const parsed = parseKeyRing(text);
  assert.ok(parsed.ok);
  return parsed.ring;
}

const binding: CodeBinding = {
  applicationId: 'app_1',
  verificationId: 'vf_1',
  recipientHash: 'hash',
  purpose: 'login',
};

for (const field of ['applicationId', 'verificationId', 'recipientHash', 'purpose'] as const) {
  test(`a sealed code does not open for another ${field}`, () => {
    const { vault } = opened;
    const sealed = vault.sealCode('135790', binding);
    assert.equal(vault.openCode(sealed, binding), '135790');
    assert.equal(vault.openCode(sealed, { ...binding, [field]: 'other' }), null);
  });
}

test('what is sealed as one kind of thing does not open as another', () => {
  const { vault } = opened;
  const kinds = [
    [vault.sealRequest, vault.openRequest],
    [vault.sealAnswer, vault.openAnswer],
    [vault.sealSandboxMessage, vault.openSandboxMessage],
    [vault.sealSigningKey, vault.openSigningKey],
  ] as const;
  for (const [from, [seal]] of kinds.entries()) {
    for (const [to, [, open]] of kinds.entries()) {
      assert.equal(open(seal('text', 'id'), 'id'), from === to ? 'text' : null);
      assert.equal(open(seal('text', 'id'), 'other'), null);
    }
  }
});

test('a hash depends on its kind, its application and its text, and on nothing else', () => {
  const { vault } = opened;
  const hashes = [
    vault.hash('recipient', 'app_1', '+14155550123'),
    vault.hash('address', 'app_1', '+14155550123'),
    vault.hash('recipient', 'app_2', '+14155550123'),
    vault.hash('recipient', 'app_1', '+14155550124'),
  ];
  assert.equal(new Set(hashes).size, 4);
  assert.equal(vault.hash('recipient', 'app_1', '+14155550123'), hashes[0]);
  for (const hash of hashes) assert.match(hash, /^[A-Za-z0-9_-]{43}$/);
});

test('the database on disk holds no readable code, recipient or text', async () => {
  const caller = await opened.newCaller();
  const { id } = await opened.start(caller, {
    customCode: 'QXZJ4711',
    text: 'Geheimnis {{code}}',
    reference: 'order-17',
    channels: [{ channel: 'sms' }, { channel: 'email', to: 'ana.canary@example.com' }],
  });
  const request = { recipient: '+14155550125', customCode: 'QXZJ4712' };
  take(await opened.service.startVerification(caller, request, 'key-1'));
  await opened.check(caller, id, 'QXZJ4713');
  await opened.whenIdle();
  const bytes = readdirSync(opened.folder)
    .map((file) => readFileSync(join(opened.folder, file), 'latin1'))
    .join('');
  // What may be read is there, so the search does find things.
  assert.ok(bytes.includes('order-17'));
  for (const canary of ['QXZJ471', 'Geheimnis', '4155550123', '4155550125', 'ana.canary']) {
    assert.ok(!bytes.includes(canary), `${canary} lies open`);
  }
});

test('after the ring has turned, codes, limits, proofs and answers go on', async () => {
  const one = await openService({ keys: testKey });
  const { folder } = one;
  const caller = await one.newCaller();
  const request = { recipient: '+14155550123', purpose: 'login' };
  const answer = take(await one.service.startVerification(caller, request, 'key-1'));
  const { id } = answer.view;
  const code = one.codeOf(id);
  await one.check(caller, id, wrong(code));
  const secret = one.vault.callbackSecret(caller.application.id);
  const keys = await one.service.publicKeys();
  await one.whenIdle();
  await one.abandon();

  const two = await openService({ folder, keys: `${newerTestKey},${testKey}` });
  assert.equal(await resealSecrets(two.storage, ringOf(`${newerTestKey},${testKey}`)), 2);
  assert.equal(two.vault.callbackSecret(caller.application.id), secret);
  assert.deepEqual(await two.service.publicKeys(), keys);
  const refusal = refusalOf(
    await two.service.startVerification(caller, { ...request, purpose: 'payment' }, null),
  );
  assert.equal(refusal.limit?.name, 'recipient_sends_interval');
  const replay = take(await two.service.startVerification(caller, request, 'key-1'));
  assert.deepEqual(replay, { view: answer.view, isReplay: true });
  const byRecipient = { recipient: request.recipient, purpose: 'login', code };
  const verdict = take(await two.service.checkRecipient(caller, byRecipient, null)).view;
  assert.deepEqual([verdict.approved, verdict.id], [true, id]);
  await two.abandon();

  // The older key may leave once what it sealed is over; secrets and limits stay.
  const three = await openService({ folder, keys: newerTestKey });
  assert.equal(three.vault.callbackSecret(caller.application.id), secret);
  const later = await three.newCaller();
  const fresh = await three.start(later);
  assert.equal((await three.check(later, fresh.id, three.codeOf(fresh.id))).approved, true);
  await three.abandon();
  rmSync(folder, { recursive: true });
});

test('a verification whose key left the ring is shown without its recipient', async () => {
  const one = await openService({ keys: testKey });
  const { folder } = one;
  const caller = await one.newCaller();
  const { id } = await one.start(caller);
  const code = one.codeOf(id);
  await one.whenIdle();
  await resealSecrets(one.storage, ringOf(`${newerTestKey},${testKey}`));
  await one.abandon();

  const two = await openService({ folder, keys: newerTestKey });
  const view = take(await two.service.readVerification(caller, id));
  assert.deepEqual([view.recipient, view.status], ['•••', 'pending']);
  const list = take(await two.service.listVerifications(caller, { limit: 10 }));
  assert.equal(list.items.length, 1);
  // A code that does not open is never right.
  const verdict = await two.check(caller, id, code);
  assert.deepEqual([verdict.approved, verdict.reason], [false, 'wrong_code']);
  await two.abandon();
  rmSync(folder, { recursive: true });
});

for (const [name, keys, told] of [
  ['without the key of the database', newerTestKey, /"k1"/],
  ['with another key of the same id', `k1:${Buffer.alloc(32, 7).toString('base64')}`, /"k1"/],
] as const) {
  test(`a ring ${name} is refused with the id of the key that is missing`, async () => {
    const one = await openService({ keys: testKey });
    await one.abandon();
    const storage = await openSqliteStorage({ folder: one.folder, role: 'server' });
    await assert.rejects(openVault(storage, ringOf(keys)), (error) => {
      assert.ok(error instanceof KeyRingMismatch);
      assert.match(error.message, told);
      return true;
    });
    await storage.close();
    rmSync(one.folder, { recursive: true });
  });
}

test('of vaults opened at once on a new database all have the same key', async () => {
  const one = await openService();
  const vaults = await Promise.all(
    Array.from({ length: 5 }, () => openVault(one.storage, ringOf(testKey))),
  );
  const hashes = vaults.map((vault) => vault.hash('recipient', 'app_1', 'x'));
  assert.equal(new Set([...hashes, one.vault.hash('recipient', 'app_1', 'x')]).size, 1);
  await one.end();
});
