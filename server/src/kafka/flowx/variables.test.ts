import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { variableNamePattern } from '#domain/template-variables.ts';
import { type Fields, readFields } from './json.ts';
import { flattenVariables } from './variables.ts';

test('nested data become variables by their path, and numbers keep their digits', () => {
  const data = readFields(
    Buffer.from('{"client":{"name":"Ann","ids":[9007199254740993,2]},"vip":true,"none":null}'),
  );
  assert.deepEqual(flattenVariables(data ?? {}), {
    client_name: 'Ann',
    client_ids_0: '9007199254740993',
    client_ids_1: '2',
    vip: 'true',
  });
});

test('the newer data go before the older parameters of the same name', () => {
  assert.deepEqual(flattenVariables({ a: 'old', b: 'kept' }, { a: 'new' }), {
    a: 'new',
    b: 'kept',
  });
});

test('a process can choose neither its code nor what the service says itself', () => {
  const chosen = { otpValue: '1111', code: '1111', application: 'Bank', payee: 'me', name: 'Ann' };
  assert.deepEqual(flattenVariables(chosen), { name: 'Ann' });
});

test('whatever data come, only names that a template can use come out, and not without end', () => {
  const data = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(data, (fields: Fields) => {
      const variables = flattenVariables(fields);
      for (const [name, value] of Object.entries(variables)) {
        assert.match(name, variableNamePattern);
        assert.equal(typeof value, 'string');
      }
    }),
  );
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`a${index}`, 1]));
  assert.equal(Object.keys(flattenVariables(wide)).length, 200);
});
