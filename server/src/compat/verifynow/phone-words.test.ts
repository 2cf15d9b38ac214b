import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNumberOf, nationalNumber, readCallingCode } from '#compat/verifynow/phone-words.ts';

test('a dialling code is understood with what clients put before it', () => {
  for (const text of ['91', '+91', ' 91', '0091', ' +91 '])
    assert.equal(readCallingCode(text), '91');
  for (const text of ['', 'IN', '999', '9 1', '091', '+'])
    assert.equal(readCallingCode(text), null);
});

const recipient = '+919876543210';

const same: readonly [countryCode: string | undefined, mobileNumber: string][] = [
  [undefined, '9876543210'],
  ['91', '9876543210'],
  ['+91', '98765 43210'],
  ['91', '09876543210'],
  ['91', '919876543210'],
  [undefined, '+919876543210'],
  ['IN', '9876543210'],
];

test('a number is its own in every spelling that a send would have taken, and a few more', () => {
  for (const [countryCode, mobileNumber] of same) {
    assert.ok(
      isNumberOf(recipient, { countryCode, mobileNumber }),
      `${countryCode} ${mobileNumber}`,
    );
  }
  assert.equal(nationalNumber(recipient), '9876543210');
  const bahamas = { countryCode: '1242', mobileNumber: '3591234' };
  assert.ok(isNumberOf('+12423591234', bahamas));
});

const others: readonly [countryCode: string | undefined, mobileNumber: string][] = [
  [undefined, '9876543211'],
  [undefined, '3210'],
  [undefined, '876543210'],
  [undefined, 'none'],
  [undefined, '<b>9876543210</b>'],
  ['49', '876543210'],
  ['49', '9876543210'],
  ['49', '919876543210'],
  ['1', '9876543210'],
];

test('neither its end nor the same digits abroad are a number', () => {
  for (const [countryCode, mobileNumber] of others) {
    assert.ok(
      !isNumberOf(recipient, { countryCode, mobileNumber }),
      `${countryCode} ${mobileNumber}`,
    );
  }
});
