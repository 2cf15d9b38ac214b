import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromMicros, parseMoney, toMicros } from '#domain/money.ts';

const amounts: readonly [amount: string, micros: number | null][] = [
  ['0', 0],
  ['12', 12_000_000],
  ['12.50', 12_500_000],
  ['0.0075', 7_500],
  ['0.000001', 1],
  ['999999999.999999', 999_999_999_999_999],
  ['', null],
  ['.5', null],
  ['5.', null],
  ['-1', null],
  ['+1', null],
  ['1e3', null],
  ['1,50', null],
  ['1 000', null],
  ['0.0000001', null],
  ['1000000000', null],
  ['12.50\n', null],
  ['١٢', null],
  ['NaN', null],
];

for (const [amount, micros] of amounts) {
  const name = JSON.stringify(amount);
  test(`the amount ${name} ${micros === null ? 'is refused' : 'is read exactly'}`, () => {
    const money = parseMoney({ amount, currency: 'EUR' }, '/transaction');
    if (micros === null) {
      assert.equal(money.ok ? null : money.error.pointer, '/transaction/amount');
    } else {
      assert.deepEqual(money.ok && money.value, { amount, currency: 'EUR' });
      assert.equal(toMicros(amount), micros);
    }
  });
}

for (const currency of ['', 'eur', 'EURO', 'EU', 'E1R', '€', 'EUR ']) {
  test(`${JSON.stringify(currency)} is no currency`, () => {
    const money = parseMoney({ amount: '1', currency }, '');
    assert.equal(money.ok ? null : money.error.pointer, '/currency');
  });
}

test('nothing but amount and currency is taken over', () => {
  const input = { amount: '1', currency: 'EUR', payee: 'Shop' };
  const money = parseMoney(input, '');
  assert.deepEqual(money.ok && money.value, { amount: '1', currency: 'EUR' });
});

test('millionths are shown as the shortest decimal, which reads as the same', () => {
  assert.deepEqual(fromMicros(7_500, 'USD'), { amount: '0.0075', currency: 'USD' });
  assert.deepEqual(fromMicros(0, 'USD'), { amount: '0', currency: 'USD' });
  assert.deepEqual(fromMicros(12_000_000, 'USD'), { amount: '12', currency: 'USD' });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (micros) => {
      const { amount } = fromMicros(micros, 'USD');
      assert.equal(toMicros(amount), micros);
      assert.doesNotMatch(amount, /\.\d*0$|\.$/);
      assert.ok(parseMoney({ amount, currency: 'USD' }, '').ok);
    }),
  );
});

test('prices that no binary fraction can hold add up exactly', () => {
  let micros = 0;
  for (let part = 0; part < 10_000; part++) micros += toMicros('0.0001');
  assert.deepEqual(fromMicros(micros, 'EUR'), { amount: '1', currency: 'EUR' });
});
