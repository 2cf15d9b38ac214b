import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApp } from '#api/app.fixture.ts';

test('the public keys are there for everybody, as a JSON Web Key Set', async () => {
  const key = { kty: 'OKP', crv: 'Ed25519', kid: 'k1', x: 'abc', alg: 'EdDSA', use: 'sig' };
  const { app } = openApp({ publicKeys: async () => ({ keys: [key] }) });
  const response = await app.inject('/v1/keys');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), { keys: [key] });
});
