import { ok, type Result, refuse } from '#domain/refusal.ts';
import { digitValue, isBlankOrDash } from '#domain/typed-text.ts';

/**
 * The secret itself: how it is made, which ones a caller may bring, and how a typed guess is read.
 *
 * Made codes are drawn evenly from the whole range, leading zeros included: leaving out what begins
 * with 0 would give away a tenth of it. Chance comes in as a function, so a test can be the dice.
 * Guesses and codes are compared as `readGuess` returns them, in constant time, by the service.
 */
export type CodeAlphabet = 'digits' | 'letters' | 'alphanumeric';

export interface CodeSpec {
  readonly alphabet: CodeAlphabet;
  /** Number of symbols, 4 to 10. */
  readonly length: number;
}

/** Uniform integer in [0, exclusiveMax), for an exclusiveMax of at most 2^48 - 1. */
export type RandomInt = (exclusiveMax: number) => number;

export const codeLengthMin = 4;
export const codeLengthMax = 10;
/** Below six symbols a code falls to a few thousand guesses; shorter ones must be asked for. */
export const codeLengthSafeMin = 6;

/** More than this is no code with blanks in it but somebody trying things. */
export const guessLengthMax = 16;

// Upper case only. I, L and O are left out of the letters too, where no digit can be meant: people
// read codes aloud and type them in lower case, and cannot know which alphabet they were given.
const symbolsOf: Readonly<Record<CodeAlphabet, string>> = {
  digits: '0123456789',
  letters: 'ABCDEFGHJKMNPQRSTUVWXYZ',
  alphanumeric: '23456789ABCDEFGHJKMNPQRSTUVWXYZ',
};

// 31^9 is below 2^48, the bound of crypto.randomInt, and 31^10 above it.
const symbolsPerDraw = 9;

/** Throws on a length outside 4 to 10: specifications are checked where they enter. */
export function makeCode(spec: CodeSpec, randomInt: RandomInt): string {
  const { alphabet, length } = spec;
  if (!Number.isInteger(length) || length < codeLengthMin || length > codeLengthMax) {
    throw new RangeError(`code length ${length} is outside ${codeLengthMin} to ${codeLengthMax}`);
  }
  const symbols = symbolsOf[alphabet];
  let code = '';
  while (code.length < length) {
    const taken = Math.min(length - code.length, symbolsPerDraw);
    const exclusiveMax = symbols.length ** taken;
    const drawn = randomInt(exclusiveMax);
    if (!Number.isInteger(drawn) || drawn < 0 || drawn >= exclusiveMax) {
      throw new RangeError('the random source left its range');
    }
    code += spell(drawn, symbols, taken);
  }
  return code;
}

/** A number written in the given symbols, padded with the first of them: 42 becomes 000042. */
function spell(value: number, symbols: string, length: number): string {
  let rest = value;
  let text = '';
  for (let place = 0; place < length; place += 1) {
    text = symbols.charAt(rest % symbols.length) + text;
    rest = Math.floor(rest / symbols.length);
  }
  return text;
}

/**
 * A code that the caller brings. It is delivered as given, and compared by `readGuess`, so letter
 * case does not matter to the person who types it.
 */
export function checkCustomCode(
  input: string,
  rules: { readonly allowShortCodes: boolean },
): Result<string> {
  const pointer = '/customCode';
  if (!/^[A-Za-z0-9]{4,10}$/.test(input)) {
    return refuse(
      'code_invalid',
      `A custom code is ${codeLengthMin} to ${codeLengthMax} letters A to Z or digits.`,
      { pointer },
    );
  }
  if (input.length < codeLengthSafeMin && !rules.allowShortCodes) {
    return refuse(
      'code_invalid',
      `A custom code needs at least ${codeLengthSafeMin} characters here. ` +
        'Use a longer one, or let the application allow short codes.',
      { pointer },
    );
  }
  return ok(input);
}

/**
 * What a person typed, as codes are compared: ASCII digits and upper-case letters, without blanks
 * and dashes. Null when it cannot be a code at all. A guess of the wrong length is still a guess.
 */
export function readGuess(input: string): string | null {
  if (input.length > guessLengthMax) return null;
  let guess = '';
  for (let index = 0; index < input.length; index += 1) {
    const unit = input.charCodeAt(index);
    const digit = digitValue(unit);
    const letter = digit === null ? asciiLetter(unit) : null;
    if (digit !== null) guess += digit;
    else if (letter !== null) guess += letter;
    else if (!isBlankOrDash(unit)) return null;
  }
  return guess === '' ? null : guess;
}

/** The upper-case letter of an ASCII or full-width one, or null. */
function asciiLetter(unit: number): string | null {
  const ascii = unit >= 0xff21 && unit <= 0xff5a ? unit - 0xfee0 : unit;
  const upper = ascii >= 0x61 && ascii <= 0x7a ? ascii - 0x20 : ascii;
  return upper >= 0x41 && upper <= 0x5a ? String.fromCharCode(upper) : null;
}

/** How hard a made code is to guess: log2 of how many there are. 6 digits have 19.9 bits. */
export function codeEntropyBits(spec: CodeSpec): number {
  return spec.length * Math.log2(symbolsOf[spec.alphabet].length);
}

/** At least so many symbols: what a recipient gets after too many failed guesses in a day. */
export function lengthen(spec: CodeSpec, minimum: 8 | 10): CodeSpec {
  return spec.length >= minimum ? spec : { ...spec, length: minimum };
}
