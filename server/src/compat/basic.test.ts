import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBasic } from '#compat/basic.ts';

const base64 = (pair: string) => Buffer.from(pair).toString('base64');

test('name and secret part at the first colon, in any case and alphabet of the header', () => {
  const pair = 'ana:pässwörd:?>~';
  const expected = { name: 'ana', secret: 'pässwörd:?>~' };
  for (const header of [
    `Basic ${base64(pair)}`,
    `BASIC  ${Buffer.from(pair).toString('base64url')} `,
    `basic ${base64(pair).replace(/=+$/, '')}`,
  ]) {
    assert.deepEqual(readBasic(header), expected, header);
  }
  assert.deepEqual(readBasic(`Basic ${base64('ana:')}`), { name: 'ana', secret: '' });
});

test('what names nobody is no such header', () => {
  const others = [
    undefined,
    '',
    'Basic',
    'Basic ',
    'Basic %%%',
    `Bearer ${base64('ana:secret')}`,
    `Basic ${base64('ana')}`,
    `Basic ${base64(':secret')}`,
    `Basic ${'A'.repeat(2_001)}`,
    `Basic ${base64('ana:secret')} ${base64('ana:secret')}`,
  ];
  for (const header of others) assert.equal(readBasic(header), null, header);
});
