import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import { ok } from '#domain/refusal.ts';
import type { FacadeDefinition, OpenedCredential } from '#service/facade-port.ts';
import { type OpenedService, openService, take } from '#service/service.fixture.ts';

function facade(name: string): FacadeDefinition {
  return {
    name,
    credentials: {
      make: ({ id }) => ok({ publicId: String(id), secrets: {}, details: {}, shown: {} }),
      present: () => null,
    },
    readSettings: (_before, patch) => ok(patch),
  };
}

let opened: OpenedService;
before(async () => {
  opened = await openService({ facades: [facade('one'), facade('two')] });
});
after(() => opened.end());

let accounts = 0;

async function newAccount(): Promise<OpenedCredential> {
  const { service } = opened;
  const { application } = await opened.newCaller();
  const publicId = `C-${accounts++}`;
  for (const name of ['one', 'two']) {
    take(await service.createCredential(application.id, name, { id: publicId }));
  }
  const account = await service.authenticateWith('one', { publicId, secrets: {} });
  assert.ok(account);
  return account;
}

const grant = { scope: 'NEW', lifetimeSeconds: 600 };

test('a token opens what its credential opens, until its time is over', async () => {
  const { service } = opened;
  const account = await newAccount();
  const { token, issuedAtMs, expiresAtMs } = await service.issueToken(account, grant);
  assert.equal(expiresAtMs, issuedAtMs + 600_000);
  const valid = await service.readToken('one', token);
  assert.ok(valid.kind === 'valid');
  assert.equal(valid.scope, 'NEW');
  assert.deepEqual(valid.credential, account.credential);
  assert.equal(valid.application.id, account.application.id);
  await opened.advance(595);
  assert.equal((await service.readToken('one', token)).kind, 'valid');
  await opened.advance(10);
  assert.equal((await service.readToken('one', token)).kind, 'expired');
});

test('a token without an end lives as long as its credential', async () => {
  const { service } = opened;
  const account = await newAccount();
  const { token, expiresAtMs } = await service.issueToken(account, {
    scope: '',
    lifetimeSeconds: null,
  });
  assert.equal(expiresAtMs, null);
  await opened.advance(400 * 86_400);
  assert.equal((await service.readToken('one', token)).kind, 'valid');
  take(await service.revokeCredential('one', account.credential.id));
  assert.equal((await service.readToken('one', token)).kind, 'invalid');
  // A new credential with the same public id does not bring it back.
  const { publicId } = account.credential;
  take(await service.createCredential(account.application.id, 'one', { id: publicId }));
  assert.equal((await service.readToken('one', token)).kind, 'invalid');
});

test('a client reads the claims: who it is, since when and until when', async () => {
  const account = await newAccount();
  const { token, issuedAtMs } = await opened.service.issueToken(account, grant);
  assert.equal(jose.decodeProtectedHeader(token).alg, 'HS512');
  const claims = jose.decodeJwt(token);
  assert.equal(claims.sub, account.credential.publicId);
  assert.equal(claims.iat, issuedAtMs / 1000);
  assert.equal(claims.exp, issuedAtMs / 1000 + 600);
  // A library of another maker finds the signature right under the façade's key.
  await jose.jwtVerify(token, opened.vault.tokenKey('one'), {
    algorithms: ['HS512'],
    currentDate: new Date(issuedAtMs),
  });
});

test('a token that was changed, made up or meant for another façade opens nothing', async () => {
  const { service, vault } = opened;
  const account = await newAccount();
  const { token } = await service.issueToken(account, grant);
  const [head = '', payload = '', signature = ''] = token.split('.');
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = jose.decodeJwt(token);
  const other = encode({ ...claims, sub: 'C-999' });
  const none = encode({ alg: 'none', typ: 'JWT' });
  const weak = encode({ alg: 'HS256', typ: 'JWT' });
  const signWeakly = createHmac('sha256', vault.tokenKey('one')).update(`${weak}.${payload}`);
  const forged = [
    '',
    'a.b.c',
    `${head}.${payload}`,
    `${head}.${payload}.`,
    `${head}.${payload}.${signature}.`,
    `${head}.${other}.${signature}`,
    `${none}.${payload}.`,
    `${none}.${payload}.${signature}`,
    `${weak}.${payload}.${signWeakly.digest('base64url')}`,
    `${head}.${payload}.${signature.slice(0, -2)}`,
    'x'.repeat(10_000),
  ];
  for (const one of forged) assert.equal((await service.readToken('one', one)).kind, 'invalid');
  assert.equal((await service.readToken('two', token)).kind, 'invalid');
  assert.equal((await service.readToken('one', token)).kind, 'valid');
});
