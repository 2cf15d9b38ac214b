import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import type { ApplicationSettings } from '#domain/application.ts';
import { addSigningKey, forgetOldSigningKeys, signingKeyRetentionMs } from '#service/proofs.ts';
import { type OpenedService, openService } from '#service/service.fixture.ts';

const issuer = 'https://verify.example';
let opened: OpenedService;
before(async () => {
  opened = await openService();
});
after(() => opened.end());

/** An approved verification, its proof, and the keys that anybody can fetch. */
async function approve(request = {}, settings: Partial<ApplicationSettings> = {}) {
  const caller = await opened.newCaller(settings);
  const { id } = await opened.start(caller, { purpose: 'login', ...request });
  const verdict = await opened.check(caller, id, opened.codeOf(id));
  assert.ok(verdict.proof);
  return { id, proof: verdict.proof, audience: caller.application.id, keys: await fetchKeys() };
}

async function fetchKeys() {
  const { keys } = await opened.service.publicKeys();
  return createLocalJWKSet({ keys: [...keys] } as JSONWebKeySet);
}

/** Storage's time, which the proofs are made by. */
const nowOf = async (): Promise<Date> => new Date(await opened.storage.now());

/** Segments of a token, of which one is replaced. */
function withSegment(proof: string, place: number, value: object | string): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const segment = typeof value === 'string' ? text : Buffer.from(text).toString('base64url');
  return proof
    .split('.')
    .map((part, index) => (index === place ? segment : part))
    .join('.');
}

const yields = [
  { approvalYields: 'recipient', recipientInFull: '+14155550123' },
  { approvalYields: 'nothing', recipientInFull: null },
] as const;
for (const { approvalYields, recipientInFull } of yields) {
  test(`a door that gets ${approvalYields} of an approval gets no proof`, async () => {
    const caller = { ...(await opened.newCaller()), approvalYields };
    const { id } = await opened.start(caller, { recipient: '+14155550123' });
    const code = opened.codeOf(id);
    const wrong = await opened.check(caller, id, code === '000000' ? '000001' : '000000');
    assert.deepEqual([wrong.proof, wrong.recipientInFull], [null, null]);
    const right = await opened.check(caller, id, code);
    assert.ok(right.approved);
    assert.deepEqual([right.proof, right.recipientInFull], [null, recipientInFull]);
  });
}

test('a proof is verified offline and says what was proved, of a nameless person', async () => {
  const { id, proof, audience, keys } = await approve();
  const { payload, protectedHeader } = await jwtVerify(proof, keys, {
    audience,
    issuer,
    algorithms: ['EdDSA'],
    currentDate: await nowOf(),
  });
  assert.equal(protectedHeader.alg, 'EdDSA');
  assert.equal(payload['vid'], id);
  assert.equal(payload['purpose'], 'login');
  assert.equal(payload['channel'], 'sms');
  assert.match(payload.sub ?? '', /^[A-Za-z0-9_-]{43}$/);
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300);
  assert.deepEqual(Object.keys(payload).sort(), [
    'aud',
    'channel',
    'exp',
    'iat',
    'iss',
    'purpose',
    'sub',
    'vid',
  ]);
});

test('the subject is the same for one person in one application, and only there', async () => {
  const read = async (recipient: string, caller: Awaited<ReturnType<typeof opened.newCaller>>) => {
    const { id } = await opened.start(caller, { recipient });
    const { proof } = await opened.check(caller, id, opened.codeOf(id));
    await opened.advance(60);
    return JSON.parse(Buffer.from(proof?.split('.')[1] ?? '', 'base64url').toString()).sub;
  };
  const shop = await opened.newCaller();
  const bank = await opened.newCaller();
  const ana = await read('+14155550123', shop);
  assert.equal(await read('(415) 555-0123'.replace('(', '+1 ('), shop), ana);
  assert.notEqual(await read('+14155550124', shop), ana);
  assert.notEqual(await read('+14155550123', bank), ana);
});

test('a proof names the recipient and binds the transaction where that is asked for', async () => {
  const transaction = { amount: '12.50', currency: 'EUR', payee: 'Bakery' };
  const settings = { proofIncludesRecipient: true, proofLifetimeSeconds: 60 };
  const { proof, audience, keys } = await approve({ transaction }, settings);
  const currentDate = await nowOf();
  const { payload } = await jwtVerify(proof, keys, { audience, currentDate });
  assert.equal(payload['recipient'], '+14155550123');
  assert.match(String(payload['txn']), /^[A-Za-z0-9_-]{43}$/);
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 60);
});

const forgeries: readonly [name: string, forge: (proof: string) => string][] = [
  [
    'claims to need no signature',
    (proof) => withSegment(withSegment(proof, 0, { alg: 'none' }), 2, ''),
  ],
  [
    'claims a signature by a shared secret',
    (proof) => withSegment(proof, 0, { ...decodeProtectedHeader(proof), alg: 'HS256' }),
  ],
  [
    'names a key that there is not',
    (proof) => withSegment(proof, 0, { alg: 'EdDSA', kid: 'ed25519-0', typ: 'JWT' }),
  ],
  [
    'claims another purpose',
    (proof) => {
      const payload = JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString());
      return withSegment(proof, 1, { ...payload, purpose: 'payment' });
    },
  ],
  ['lost its signature', (proof) => withSegment(proof, 2, '')],
];

for (const [name, forge] of forgeries) {
  test(`a proof that ${name} is refused`, async () => {
    const { proof, audience, keys } = await approve();
    const currentDate = await nowOf();
    await jwtVerify(proof, keys, { audience, currentDate });
    await assert.rejects(jwtVerify(forge(proof), keys, { audience, currentDate }));
  });
}

test('a proof is refused for another audience, another issuer, and after its end', async () => {
  const { proof, audience, keys } = await approve();
  const currentDate = await nowOf();
  await assert.rejects(jwtVerify(proof, keys, { audience: 'app_other', currentDate }));
  const elsewhere = { audience, issuer: 'https://other.example', currentDate };
  await assert.rejects(jwtVerify(proof, keys, elsewhere));
  const later = new Date(currentDate.getTime() + 301_000);
  await assert.rejects(jwtVerify(proof, keys, { audience, currentDate: later }));
});

test('the public keys hold no private part', async () => {
  const { keys } = await opened.service.publicKeys();
  for (const key of keys) {
    assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  }
  const stored = JSON.stringify(await opened.storage.listSigningKeys());
  assert.ok(!stored.includes('PRIVATE KEY'));
});

test('after a new signing key old proofs verify until the old key is forgotten', async () => {
  const old = await approve();
  const madeAt = await nowOf();
  await opened.advance(1);
  const kid = await addSigningKey(opened.storage, opened.vault);
  // A look at the public keys makes this node sign with the newest one.
  await opened.service.publicKeys();
  const fresh = await approve();
  assert.equal(decodeProtectedHeader(fresh.proof).kid, kid);
  assert.notEqual(decodeProtectedHeader(old.proof).kid, kid);
  for (const { proof, audience } of [old, fresh]) {
    await jwtVerify(proof, await fetchKeys(), { audience, currentDate: madeAt });
  }
  assert.equal(await forgetOldSigningKeys(opened.storage), 0);
  await opened.advance(signingKeyRetentionMs / 1000);
  assert.equal(await forgetOldSigningKeys(opened.storage), 1);
  const left = await fetchKeys();
  const { proof, audience } = old;
  await assert.rejects(jwtVerify(proof, left, { audience, currentDate: madeAt }));
  await jwtVerify(fresh.proof, left, { audience: fresh.audience, currentDate: madeAt });
});

test('a signing key of a ring that this node does not have yet takes no proof away', async () => {
  const before = await approve();
  const [known] = await opened.storage.listSigningKeys();
  assert.ok(known);
  await opened.storage.saveSigningKey({
    ...known,
    id: 'ed25519-of-a-newer-ring',
    sealedPrivateKey: 'newer.c2VhbGVk',
    createdAtMs: known.createdAtMs + 60_000,
  });
  await opened.service.publicKeys();
  const { proof } = await approve();
  assert.equal(decodeProtectedHeader(proof).kid, decodeProtectedHeader(before.proof).kid);
  await opened.storage.deleteSigningKey('ed25519-of-a-newer-ring');
});
