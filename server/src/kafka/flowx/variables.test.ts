import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { readFields } from './json.ts';
import { variablesOf } from './variables.ts';

const read = (json: string) => readFields(Buffer.from(json)) ?? {};

test('nested data are variables by their path, and numbers keep their digits', () => {
  const lookUp = variablesOf([
    read(
      '{"client":{"name":"Ann","ids":[9007199254740993,2],"first_name":"A","home":{"x_y":1}},' +
        '"vip":true,"none":null,"client_age":44}',
    ),
  ]);
  const expected = {
    client_name: 'Ann',
    client_ids_0: '9007199254740993',
    client_ids_1: '2',
    client_first_name: 'A',
    client_home_x_y: '1',
    client_age: '44',
    vip: 'true',
  };
  for (const [name, text] of Object.entries(expected)) assert.equal(lookUp(name), text, name);
  const unknown = ['none', 'client', 'client_', 'client_ids', 'client_ids_2', 'client_ids_length'];
  for (const name of [...unknown, 'constructor', 'client_constructor', 'client_name_length']) {
    assert.equal(lookUp(name), undefined, name);
  }
});

test('of two sources the first that has a variable counts', () => {
  const lookUp = variablesOf([
    { a: 'new', b: null },
    { a: 'old', b: 'kept' },
  ]);
  assert.deepEqual([lookUp('a'), lookUp('b')], ['new', 'kept']);
});

test('whatever data come, what is found under a name is text', () => {
  const names = fc.stringMatching(/^[a-c][a-c0-2_]{0,6}$/);
  const data = fc.object({ key: names, maxDepth: 4, withNullPrototype: true });
  fc.assert(
    fc.property(data, names, (source, name) => {
      const found = variablesOf([source])(name);
      assert.ok(found === undefined || typeof found === 'string');
    }),
  );
});

test('nothing is read but what lies on the paths of a name', () => {
  const refuseReading = () => assert.fail('read');
  const data = {
    a: {
      a: {
        b: {
          get c() {
            return refuseReading();
          },
        },
        b_c: 'found',
      },
    },
  };
  assert.equal(variablesOf([data])('a_a_b_c'), 'found');
});
