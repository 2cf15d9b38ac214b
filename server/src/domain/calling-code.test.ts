import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/max';
import { callingCodeOf, isCallingCode } from '#domain/calling-code.ts';

test('every country’s calling code is known, and found before a number', () => {
  const countries = getCountries();
  assert.ok(countries.length > 200);
  for (const country of countries) {
    const code = getCountryCallingCode(country);
    assert.ok(isCallingCode(code), country);
    assert.equal(callingCodeOf(`+${code}123456789`), code, country);
  }
});

test('an area of +1 may stand with it', () => {
  assert.ok(isCallingCode('1242'));
  assert.equal(callingCodeOf('+12423591234'), '1');
});

test('nothing else is a calling code', () => {
  for (const digits of [
    '',
    '0',
    '91 ',
    '+91',
    '999',
    '000',
    '9',
    '1042',
    '12',
    '9198',
    'IN',
    'toString',
  ]) {
    assert.ok(!isCallingCode(digits), digits);
  }
  for (const canonical of ['', '+', '+999123', '+0', 'toString']) {
    assert.equal(callingCodeOf(canonical), null, canonical);
  }
});
