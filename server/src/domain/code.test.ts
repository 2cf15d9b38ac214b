import assert from 'node:assert/strict';
import { randomInt as cryptoRandomInt } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CodeAlphabet,
  checkCustomCode,
  codeEntropyBits,
  codeLengthMax,
  codeLengthMin,
  lengthen,
  makeCode,
  type RandomInt,
  readGuess,
} from '#domain/code.ts';

const alphabets: readonly CodeAlphabet[] = ['digits', 'letters', 'alphanumeric'];
const symbolCounts: Readonly<Record<CodeAlphabet, number>> = {
  digits: 10,
  letters: 23,
  alphanumeric: 31,
};

/** Marsaglia's xorshift128, two words to a draw, so that a failure can be repeated. */
function seededRandomInt(seed: number): RandomInt {
  let [x, y, z, w] = [seed | 1, 0x9e3779b9, 0x243f6a88, 0xb7e15162];
  const nextWord = () => {
    const t = x ^ (x << 11);
    [x, y, z] = [y, z, w];
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w >>> 0;
  };
  return (exclusiveMax) => {
    const fraction = ((nextWord() >>> 5) * 2 ** 26 + (nextWord() >>> 6)) / 2 ** 53;
    return Math.floor(fraction * exclusiveMax);
  };
}

/**
 * Standard normal score of a chi-square sum over evenly likely cells (Wilson and Hilferty, 1931).
 * Beyond 5 on either side p is below 1e-6: too uneven, or too even to be chance.
 */
function evennessScore(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  const variance = 2 / (9 * freedom);
  return (Math.cbrt(chiSquare / freedom) - (1 - variance)) / Math.sqrt(variance);
}

function assertEven(counts: readonly number[], what: string): void {
  const score = evennessScore(counts);
  assert.ok(Math.abs(score) < 5.5, `${what}: score ${score.toFixed(2)}`);
}

const zeros = (length: number) => new Array<number>(length).fill(0);

function add(counts: number[], cell: number): void {
  counts[cell] = (counts[cell] ?? 0) + 1;
}

test('the measure of evenness sees a draw that leaves out the codes that begin with 0', () => {
  const draw = seededRandomInt(7);
  const firstDigits = zeros(10);
  const moduloOfOneByte = zeros(10);
  for (let index = 0; index < 500_000; index += 1) {
    add(firstDigits, Math.floor((100_000 + draw(900_000)) / 100_000));
    add(moduloOfOneByte, draw(256) % 10);
  }
  assert.ok(evennessScore(firstDigits) > 20);
  assert.ok(evennessScore(moduloOfOneByte) > 5.5);
});

const sources: readonly [string, RandomInt][] = [
  ['a seeded generator', seededRandomInt(20260801)],
  ['crypto.randomInt', (exclusiveMax) => cryptoRandomInt(exclusiveMax)],
];

for (const [name, randomInt] of sources) {
  test(`codes from ${name} are even in symbols, places and neighbours`, () => {
    for (const alphabet of alphabets) {
      for (const length of [6, 10]) {
        const size = symbolCounts[alphabet];
        const indexes = new Map<string, number>();
        const symbols = zeros(size);
        const places = Array.from({ length }, () => zeros(size));
        const pairs = zeros(size * size);
        for (let made = 0; made < 50_000; made += 1) {
          let previous = -1;
          for (const [place, symbol] of [...makeCode({ alphabet, length }, randomInt)].entries()) {
            const index = indexes.get(symbol) ?? indexes.size;
            indexes.set(symbol, index);
            add(symbols, index);
            add(places[place] ?? [], index);
            // Pairs that do not overlap, so that the cells stay independent.
            if (place % 2 === 1) add(pairs, previous * size + index);
            previous = index;
          }
        }
        assert.equal(indexes.size, size, `${alphabet}: every symbol occurs`);
        assertEven(symbols, `${alphabet} symbols`);
        for (const [place, counts] of places.entries()) assertEven(counts, `place ${place}`);
        assertEven(pairs, `${alphabet} pairs`);
      }
    }
  });
}

test('every code from 000000 to 999999 can be drawn, each by one draw', () => {
  const seen = new Set<string>();
  for (let value = 0; value < 1_000_000; value += 1) {
    const code = makeCode({ alphabet: 'digits', length: 6 }, (exclusiveMax) => {
      assert.equal(exclusiveMax, 1_000_000);
      return value;
    });
    if (value === 0) assert.equal(code, '000000');
    if (value === 42) assert.equal(code, '000042');
    if (value === 999_999) assert.equal(code, '999999');
    seen.add(code);
  }
  assert.equal(seen.size, 1_000_000);
});

test('a code of any length takes one or two draws that crypto.randomInt allows', () => {
  for (const alphabet of alphabets) {
    for (let length = codeLengthMin; length <= codeLengthMax; length += 1) {
      const bounds: number[] = [];
      const highest = makeCode({ alphabet, length }, (exclusiveMax) => {
        bounds.push(exclusiveMax);
        return exclusiveMax - 1;
      });
      assert.equal(highest, (alphabet === 'digits' ? '9' : 'Z').repeat(length));
      assert.ok(bounds.length <= 2);
      assert.ok(bounds.every((bound) => bound < 2 ** 48));
      // The draws together have exactly as many outcomes as there are codes.
      const outcomes = bounds.reduce((product, bound) => product * BigInt(bound), 1n);
      assert.equal(outcomes, BigInt(symbolCounts[alphabet]) ** BigInt(length));
    }
  }
});

test('made codes hold no symbols that look alike', () => {
  const randomInt = seededRandomInt(3);
  for (let made = 0; made < 2000; made += 1) {
    assert.match(makeCode({ alphabet: 'letters', length: 8 }, randomInt), /^[A-HJKMNP-Z]{8}$/);
    const mixed = makeCode({ alphabet: 'alphanumeric', length: 8 }, randomInt);
    assert.match(mixed, /^[2-9A-HJKMNP-Z]{8}$/);
  }
});

test('a length that was never checked, and a source that leaves its range, are bugs', () => {
  for (const length of [3, 11, 0, -1, 6.5, Number.NaN]) {
    assert.throws(() => makeCode({ alphabet: 'digits', length }, () => 0), RangeError);
  }
  for (const drawn of [-1, 1_000_000, 0.5, Number.NaN]) {
    assert.throws(() => makeCode({ alphabet: 'digits', length: 6 }, () => drawn), RangeError);
  }
});

test('a custom code is delivered as given, and short ones only where allowed', () => {
  for (const code of ['135790', '000000', 'Abc123', 'ZZZZZZZZZZ']) {
    assert.deepEqual(checkCustomCode(code, { allowShortCodes: false }), { ok: true, value: code });
  }
  for (const code of ['1234', 'ab12c']) {
    assert.deepEqual(checkCustomCode(code, { allowShortCodes: true }), { ok: true, value: code });
    const refused = checkCustomCode(code, { allowShortCodes: false });
    assert.equal(refused.ok ? null : refused.error.code, 'code_invalid');
    assert.ok(!refused.ok && !refused.error.detail.includes(code), 'the refusal holds no code');
  }
  const neverCodes = [
    '',
    '123',
    '12345678901',
    '123 456',
    '12-345',
    '123456\n',
    '１２３４５６',
    'ábcdef',
  ];
  for (const code of neverCodes) {
    const refused = checkCustomCode(code, { allowShortCodes: true });
    assert.ok(!refused.ok, JSON.stringify(code));
    assert.deepEqual([refused.error.code, refused.error.pointer], ['code_invalid', '/customCode']);
  }
});

const typedGuesses: readonly [typed: string, read: string | null][] = [
  ['012345', '012345'],
  [' 012 345 ', '012345'],
  ['012-345', '012345'],
  ['012\u2013345\u00a0', '012345'],
  ['\u200f012345\u200e', '012345'],
  ['０１２３４５', '012345'],
  ['٠١٢٣٤٥', '012345'],
  ['०१२३४५', '012345'],
  ['abCd-2345', 'ABCD2345'],
  ['ａｂｃＺ', 'ABCZ'],
  ['0', '0'],
  ['1234567890123456', '1234567890123456'],
  ['', null],
  [' - ', null],
  ['12345678901234567', null],
  ['1                 ', null],
  ['123.456', null],
  ['123456\n', null],
  ['123456\0', null],
  ['12345é', null],
  ['\u0131\u017f1234', null],
  ['\u212a12345', null],
  ['{{code}}', null],
];

test('a guess is read as people type it, and what cannot be a code is no guess', () => {
  for (const [typed, read] of typedGuesses) {
    assert.equal(readGuess(typed), read, JSON.stringify(typed));
  }
});

test('a code reads as itself, and a custom one in any letter case', () => {
  const randomInt = seededRandomInt(11);
  const length = fc.integer({ min: codeLengthMin, max: codeLengthMax });
  fc.assert(
    fc.property(fc.constantFrom(...alphabets), length, (alphabet, symbols) => {
      const code = makeCode({ alphabet, length: symbols }, randomInt);
      assert.equal(readGuess(code), code);
      assert.equal(readGuess(code.toLowerCase()), code);
    }),
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9]{4,10}$/), (custom) => {
      assert.equal(readGuess(custom), custom.toUpperCase());
    }),
  );
});

test('any text is a guess of ASCII digits and capitals, or none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (typed) => {
      const guess = readGuess(typed);
      if (guess !== null) assert.match(guess, /^[0-9A-Z]{1,16}$/);
    }),
    { numRuns: 2000 },
  );
});

test('the strength of a code is known, and too many failures lengthen it', () => {
  assert.equal(codeEntropyBits({ alphabet: 'digits', length: 6 }).toFixed(1), '19.9');
  assert.equal(codeEntropyBits({ alphabet: 'letters', length: 8 }).toFixed(1), '36.2');
  assert.equal(codeEntropyBits({ alphabet: 'alphanumeric', length: 8 }).toFixed(1), '39.6');
  const sixDigits = { alphabet: 'digits', length: 6 } as const;
  assert.deepEqual(lengthen(sixDigits, 8), { alphabet: 'digits', length: 8 });
  assert.deepEqual(lengthen(sixDigits, 10), { alphabet: 'digits', length: 10 });
  const tenLetters = { alphabet: 'letters', length: 10 } as const;
  assert.deepEqual(lengthen(tenLetters, 8), tenLetters);
});
