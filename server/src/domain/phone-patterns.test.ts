import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  getCountries,
  getCountryCallingCode,
  getExampleNumber,
  parsePhoneNumber,
} from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { findKnownNumber } from '#domain/phone-patterns.ts';

/** What the library makes of it, in the words of `findKnownNumber`. */
function byLibrary(number: string) {
  try {
    const parsed = parsePhoneNumber(number, { extract: false });
    return {
      canonical: parsed.number as string,
      callingCode: parsed.countryCallingCode as string,
      country: parsed.country,
      type: parsed.getType(),
      carrierCode: parsed.carrierCode,
    };
  } catch {
    return null;
  }
}

/** The library is asked where this does not know, so all that it does know has to be the same. */
function isKnown(number: string): boolean {
  const known = findKnownNumber(number);
  if (known === null) return false;
  assert.deepEqual(
    byLibrary(number),
    { canonical: number, ...known, carrierCode: undefined },
    number,
  );
  return true;
}

const callingCodes = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))];
const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength });

test('any number of any country is known as the library knows it, or not at all', () => {
  fc.assert(
    fc.property(fc.constantFrom(...callingCodes), digits(4, 12), (code, rest) => {
      fc.pre(code.length + rest.length <= 15);
      isKnown(`+${code}${rest}`);
    }),
    { numRuns: 20_000 },
  );
  fc.assert(
    fc.property(digits(7, 15), (rest) => {
      if (!rest.startsWith('0')) isKnown(`+${rest}`);
    }),
    { numRuns: 5_000 },
  );
});

test('numbers near those in use are known as the library knows them', () => {
  let known = 0;
  let valid = 0;
  for (const country of getCountries()) {
    const example = getExampleNumber(country, examples)?.number;
    if (example === undefined) continue;
    for (let index = 2; index < example.length; index += 1) {
      for (const digit of '0123456789') {
        const number = `${example.slice(0, index)}${digit}${example.slice(index + 1)}`;
        if (isKnown(number)) known += 1;
        if (byLibrary(number)?.type !== undefined) valid += 1;
      }
    }
  }
  // It is there for speed: what it hardly ever knew would be of no use.
  assert.ok(known > valid * 0.9, `${known} of ${valid}`);
});
