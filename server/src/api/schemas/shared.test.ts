import assert from 'node:assert/strict';
import { test } from 'node:test';
import Schema from 'typebox/schema';
import { verificationId } from '#api/schemas/shared.ts';
import { makeId } from '#service/make-id.ts';

const bare = makeId('vf');
const sharded = makeId('vf', 1_023);

const ids: readonly [name: string, id: string, isAllowed: boolean][] = [
  ['an id without a shard', bare, true],
  ['an id with a shard', sharded, true],
  ['an id with half a shard', sharded.slice(0, -1), false],
  ['an id that lacks a symbol', bare.slice(0, -1), false],
  ['an id with a symbol too many', `${sharded}0`, false],
  ['the id of something else', makeId('dl'), false],
];

for (const [name, id, isAllowed] of ids) {
  test(`${name} is ${isAllowed ? 'let through' : 'refused before it is looked for'}`, () => {
    assert.equal(Schema.Check(verificationId, id), isAllowed);
  });
}
