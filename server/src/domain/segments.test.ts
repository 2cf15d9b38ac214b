import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countSegments } from './segments.ts';

const emoji = '😀';

const counts: [name: string, text: string, encoding: 'gsm7' | 'ucs2', parts: number][] = [
  ['an empty text', '', 'gsm7', 1],
  ['160 letters', 'a'.repeat(160), 'gsm7', 1],
  ['161 letters', 'a'.repeat(161), 'gsm7', 2],
  ['306 letters', 'a'.repeat(306), 'gsm7', 2],
  ['307 letters', 'a'.repeat(307), 'gsm7', 3],
  ['80 euro signs', '€'.repeat(80), 'gsm7', 1],
  ['81 euro signs', '€'.repeat(81), 'gsm7', 2],
  ['an escape pair on the edge', `${'a'.repeat(152)}€${'a'.repeat(152)}`, 'gsm7', 3],
  ['an escape pair short of the edge', `${'a'.repeat(151)}€${'a'.repeat(153)}`, 'gsm7', 2],
  ['70 letters of another script', 'я'.repeat(70), 'ucs2', 1],
  ['71 letters of another script', 'я'.repeat(71), 'ucs2', 2],
  ['134 letters of another script', 'я'.repeat(134), 'ucs2', 2],
  ['135 letters of another script', 'я'.repeat(135), 'ucs2', 3],
  ['a curly apostrophe and 69 letters', `’${'a'.repeat(69)}`, 'ucs2', 1],
  ['a curly apostrophe and 70 letters', `’${'a'.repeat(70)}`, 'ucs2', 2],
  ['35 emoji', emoji.repeat(35), 'ucs2', 1],
  ['36 emoji', emoji.repeat(36), 'ucs2', 2],
  ['66 emoji', emoji.repeat(66), 'ucs2', 2],
  ['67 emoji, 33 to a part', emoji.repeat(67), 'ucs2', 3],
  ['a capital Ç', 'Ç', 'gsm7', 1],
  ['a small ç', 'ç', 'ucs2', 1],
  ['a backtick', '`', 'ucs2', 1],
  ['a lone surrogate', '\ud83d', 'ucs2', 1],
  ['an escape character', '\u001b', 'ucs2', 1],
  ['line breaks and a form feed', 'a\r\nb\fc', 'gsm7', 1],
];

for (const [name, text, encoding, parts] of counts) {
  test(`${name}: ${encoding}, ${parts} part(s)`, () => {
    const count = countSegments(text);
    assert.deepEqual({ encoding: count.encoding, parts: count.parts }, { encoding, parts });
  });
}

for (const character of '\f^{}\\[]~|€') {
  test(`${JSON.stringify(character)} of the extension table costs two septets`, () => {
    assert.equal(countSegments(character).units, 2);
  });
}

test('all 127 characters of the default alphabet cost one septet each', () => {
  const alphabet = Array.from({ length: 0x20ac }, (_, unit) => String.fromCharCode(unit)).filter(
    (character) => countSegments(character).encoding === 'gsm7',
  );
  assert.equal(alphabet.filter((character) => countSegments(character).units === 1).length, 127);
});

test('what is left in the last part counts from the encoding and the header', () => {
  assert.equal(countSegments('').unitsLeftInPart, 160);
  assert.equal(countSegments('a'.repeat(160)).unitsLeftInPart, 0);
  assert.equal(countSegments('a'.repeat(161)).unitsLeftInPart, 145);
  assert.equal(countSegments(emoji.repeat(67)).unitsLeftInPart, 65);
});

// Another way to the same answer: cut the text into whole characters, then pack them.
function packed(text: string): number {
  const gsm = [...text].every((character) => countSegments(character).encoding === 'gsm7');
  const sizes = [...text].map((character) =>
    gsm ? countSegments(character).units : character.length,
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= (gsm ? 160 : 70)) return 1;
  const capacity = gsm ? 153 : 67;
  let parts = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > capacity) {
      parts += 1;
      used = 0;
    }
    used += size;
  }
  return parts;
}

test('any mixture of plain, paired and foreign characters packs without splitting a pair', () => {
  const character = fc.constantFrom('a', '€', '~', 'Ç', 'я', emoji);
  const plain = fc.constantFrom('a', '€', '\n');
  const text = fc.oneof(
    fc.array(character, { maxLength: 400 }),
    fc.array(plain, { minLength: 140, maxLength: 700 }),
  );
  fc.assert(
    fc.property(text, (characters) => {
      const joined = characters.join('');
      assert.equal(countSegments(joined).parts, packed(joined));
    }),
  );
});

test('one more character never makes fewer parts', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.string(), (text, more) => {
      assert.ok(countSegments(text + more).parts >= countSegments(text).parts);
    }),
  );
});
