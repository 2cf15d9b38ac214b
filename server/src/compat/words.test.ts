import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOneLine, readWords } from '#compat/words.ts';

test('a parameter is taken from the first source that says something', () => {
  const words = readWords({ code: '', length: '6' }, { code: 1234, length: 8, flash: true });
  assert.equal(words('code'), '1234');
  assert.equal(words('length'), '6');
  assert.equal(words('flash'), 'true');
  assert.equal(words('other'), undefined);
});

test('of several values of one name the first counts', () => {
  assert.equal(readWords({ a: ['1', '2'] })('a'), '1');
  assert.equal(readWords({ a: [] }, { a: 'x' })('a'), 'x');
});

test('what is no text, and what every object has, is not there', () => {
  for (const source of [undefined, null, 'text', 7, [], { a: {} }, { a: null }]) {
    assert.equal(readWords(source)('a'), undefined);
    assert.equal(readWords(source)('toString'), undefined);
    assert.equal(readWords(source)('__proto__'), undefined);
  }
});

test('half of a surrogate pair becomes a character that can be kept', () => {
  assert.equal(readWords({ a: '\ud83d' })('a'), '\ufffd');
});

test('a line has no control characters and no more than it may have', () => {
  assert.ok(isOneLine('C-0123', 6));
  for (const text of ['C-01234', 'a\nb', 'a\0', 'a\u2028b']) assert.ok(!isOneLine(text, 6));
});
