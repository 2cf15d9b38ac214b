import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digitValue, isBlankOrDash } from '#domain/typed-text.ts';

const everyUnit = Array.from({ length: 0x10000 }, (_, unit) => unit);

test('only decimal digits have a value, the value that Unicode gives them', () => {
  // Unicode keeps the ten digits of a script together, so the first of each run is a zero.
  const isDigit = (unit: number) => /\p{Nd}/u.test(String.fromCharCode(unit));
  let start = 0;
  let valued = 0;
  for (const unit of everyUnit) {
    const value = digitValue(unit);
    if (!isDigit(unit)) {
      assert.equal(value, null, unit.toString(16));
      start = unit + 1;
    } else if (value !== null) {
      assert.equal(value, (unit - start) % 10, unit.toString(16));
      valued += 1;
    }
  }
  assert.equal(valued, 170);
});

test('what is skipped has no ink but dashes, and is never a letter, a digit or a control', () => {
  for (const unit of everyUnit.filter(isBlankOrDash)) {
    const character = String.fromCharCode(unit);
    assert.match(character, /[\p{Zs}\p{Pd}\p{Cf}\p{Cn}\u2212]/u, unit.toString(16));
    assert.doesNotMatch(character, /[\p{Cc}\u2028\u2029]/u);
  }
  for (const character of ' -\u00a0\u200d\u200e\u200f\u2011\u2060\u2066\u3000\ufeff') {
    assert.ok(isBlankOrDash(character.charCodeAt(0)));
  }
});
