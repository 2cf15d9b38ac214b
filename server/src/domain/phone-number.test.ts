import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/max';
import {
  canReceiveText,
  type LineType,
  type PhoneRecipient,
  parsePhoneRecipient,
  refusedLineTypes,
} from '#domain/phone-number.ts';

function read(input: string, country?: string): PhoneRecipient {
  const result = parsePhoneRecipient(input, { country, pointer: '/recipient' });
  assert.ok(result.ok, `refused: ${JSON.stringify(input)}`);
  return result.value;
}

function refusalOf(input: string, country?: string) {
  const result = parsePhoneRecipient(input, { country, pointer: '/recipient' });
  assert.ok(!result.ok, `accepted: ${JSON.stringify(input)}`);
  return result.error;
}

const oneNumber: readonly [spelling: string, country?: string][] = [
  ['+14155552671'],
  ['0014155552671'],
  ['0014155552671', 'US'],
  ['0014155552671', 'DE'],
  ['01114155552671', 'US'],
  ['(415) 555-2671', 'US'],
  ['(415) 555-2671', 'us'],
  ['14155552671', 'US'],
  ['1-415-555-2671', 'CA'],
  ['415.555.2671', 'US'],
  ['415/555/2671', 'US'],
  ['+1 415\u2011555\u20112671'],
  ['+1 (415) 555\u20132671'],
  ['+1\u00a0415\u00a0555\u00a02671'],
  ['tel:+1-415-555-2671'],
  ['TEL:+14155552671'],
  [' tel:+14155552671 '],
  ['(+1) 415 555 2671'],
  ['+14155552671 '],
  [' +14155552671'],
  ['\u202a+1 415 555 2671\u202c'],
  ['\u200f+14155552671\u200e'],
  ['+1415\u200d5552671'],
  ['\ufeff+14155552671'],
  ['+14155552671', 'DE'],
  ['＋１４１５５５５２６７１'],
  ['（４１５）５５５－２６７１', 'US'],
  ['+١٤١٥٥٥٥٢٦٧١'],
  ['+۱۴۱۵۵۵۵۲۶۷۱'],
  ['+१४१५५५५२६७१'],
  ['००१४१५५५५२६७१'],
];

test('every usual spelling of a number is one recipient with one budget', () => {
  for (const [spelling, country] of oneNumber) {
    assert.deepEqual(read(spelling, country), {
      kind: 'phone',
      canonical: '+14155552671',
      limitKey: '+14155552671',
      country: 'US',
      lineType: 'fixed_line_or_mobile',
    });
  }
});

const acceptedNumbers: readonly [string, string, string, LineType, boolean][] = [
  // Numbers reserved for fiction (NANP 555-0100 to 555-0199) stay usable in examples.
  ['+14155550123', '+14155550123', 'US', 'fixed_line_or_mobile', true],
  ['+12025550100', '+12025550100', 'US', 'fixed_line_or_mobile', true],
  ['+12125550199', '+12125550199', 'US', 'fixed_line_or_mobile', true],
  ['+14165550142', '+14165550142', 'CA', 'fixed_line_or_mobile', true],
  // Italian landlines keep the zero that other countries drop (E.164 allows it).
  ['+39 06 1234 5678', '+390612345678', 'IT', 'fixed_line', false],
  ['+39 312 345 6789', '+393123456789', 'IT', 'mobile', true],
  ['+44 (0) 7400 123456', '+447400123456', 'GB', 'mobile', true],
  // Guernsey shares its country code with Britain.
  ['+447911123456', '+447911123456', 'GG', 'mobile', true],
  ['+442079460123', '+442079460123', 'GB', 'fixed_line', false],
  ['+447624123456', '+447624123456', 'IM', 'mobile', true],
  ['+447011234567', '+447011234567', 'GB', 'personal', true],
  ['+4915123456789', '+4915123456789', 'DE', 'mobile', true],
  ['+61491570156', '+61491570156', 'AU', 'mobile', true],
  ['+445612345678', '+445612345678', 'GB', 'voip', true],
  // The mobile prefix 15 inside a number is the 9 behind the country code.
  ['+54 11 15 2345 6789', '+5491123456789', 'AR', 'mobile', true],
];

test('a number keeps its country and its kind of line, and a landline gets no text', () => {
  for (const [input, canonical, country, lineType, texts] of acceptedNumbers) {
    const phone = read(input);
    assert.deepEqual(
      [phone.canonical, phone.country, phone.lineType, canReceiveText(phone)],
      [canonical, country, lineType, texts],
    );
  }
});

const unsupportedNumbers: readonly [LineType, string][] = [
  ['premium_rate', '+19005550123'],
  ['premium_rate', '+449098790123'],
  ['premium_rate', '+979123456789'],
  ['toll_free', '+18005550199'],
  ['toll_free', '+80012345678'],
  ['shared_cost', '+80812345678'],
  ['shared_cost', '+33810123456'],
  ['pager', '+447640123456'],
  ['uan', '+443012345678'],
  ['voicemail', '+491779912345678'],
  ['satellite', '+870773111632'],
  ['satellite', '+881612345678'],
  ['satellite', '+8816123456789'],
  ['satellite', '+88213300655'],
  ['satellite', '+883510012345'],
  ['satellite', '+8835100123456'],
  ['satellite', '+878101234567890'],
];

test('lines that cost or that nobody answers are refused by their kind, without a look-up', () => {
  for (const [lineType, number] of unsupportedNumbers) {
    const refusal = refusalOf(number);
    assert.equal(refusal.code, 'recipient_unsupported', number);
    assert.equal(refusal.pointer, '/recipient');
    const named = lineType === 'uan' ? 'company-wide' : lineType.replace('_', '-');
    assert.ok(refusal.detail.includes(named), `${number}: ${refusal.detail}`);
  }
  const proven = new Set(unsupportedNumbers.map(([lineType]) => lineType));
  assert.deepEqual(proven, refusedLineTypes);
});

const unreadable: readonly string[] = [
  '',
  '+',
  '+1',
  'tel:',
  // Extensions, pauses and service signs.
  '+14155552671;ext=1',
  'tel:+14155552671;ext=1',
  'tel:4155552671;phone-context=+1',
  '+14155552671x2',
  '+14155552671 ext. 2',
  '+14155552671,,9',
  '+14155552671#',
  '*4155552671',
  // Letters, and digits of scripts that are not folded.
  '1-800-FLOWERS',
  '+1-415-555-CODE',
  '+1415555267l',
  '+１４１５５５５ＣＯＤＥ',
  '+\u{1d7cf}4155552671',
  // Signs and breaks in the wrong place.
  '++14155552671',
  '+1+4155552671',
  '4155552671+',
  '+14155552671\n',
  '+1415\r\n5552671',
  '+1415\u00005552671',
  '+14155552671,+14155552672',
  // Too many digits, no such country code, no such number.
  '+1234567890123456',
  `+${'1'.repeat(200)}`,
  `+1415555267${' '.repeat(60)}1`,
  '+9991234567',
  '+0123456789',
  '000123456789',
  '+14155552',
  '+11155552671',
];

test('what is no plain number is refused as unreadable, never read as another number', () => {
  for (const input of unreadable) {
    for (const country of [undefined, 'US', 'DE']) {
      const refusal = refusalOf(input, country);
      assert.equal(refusal.code, 'recipient_invalid', JSON.stringify(input));
      assert.equal(refusal.pointer, '/recipient');
    }
  }
});

test('a carrier selection code is refused instead of dropped', () => {
  assert.equal(read('011 91234 5678', 'BR').canonical, '+5511912345678');
  assert.equal(refusalOf('0 15 11 91234 5678', 'BR').code, 'recipient_invalid');
});

test('a national number without a country is refused with the two ways out', () => {
  const refusal = refusalOf('(415) 555-2671');
  assert.equal(refusal.code, 'recipient_invalid');
  assert.match(refusal.detail, /\+<country code>.*`country`/);
});

test('a country that has no numbers is refused at its own field', () => {
  for (const country of ['', 'XX', 'USA', 'Ü', '__proto__', 'constructor', '1']) {
    for (const input of ['4155552671', '+14155552671']) {
      const refusal = refusalOf(input, country);
      assert.deepEqual([refusal.code, refusal.pointer], ['recipient_invalid', '/country']);
    }
  }
});

test('a range newer than the metadata is refused, or accepted as unknown on request', () => {
  const newRange = '+447700900123';
  assert.equal(refusalOf(newRange).code, 'recipient_invalid');
  const options = { pointer: '/recipient', allowUnknownRanges: true };
  const result = parsePhoneRecipient(newRange, options);
  assert.ok(result.ok);
  assert.deepEqual([result.value.canonical, result.value.lineType], [newRange, 'unknown']);
  assert.ok(canReceiveText(result.value));
  for (const impossible of ['+1415555', '+1415555267199', '+9991234567']) {
    assert.ok(!parsePhoneRecipient(impossible, options).ok, impossible);
  }
  // Germany's plan leaves room for numbers that E.164 has none for.
  const sixteenDigits = parsePhoneRecipient('015123456789012', { ...options, country: 'DE' });
  assert.ok(!sixteenDigits.ok);
  const satellite = parsePhoneRecipient('+8835100123456', options);
  assert.equal(satellite.ok ? null : satellite.error.code, 'recipient_unsupported');
});

const skippedCharacters = [
  ' ',
  '\u00a0',
  '\u202f',
  '-',
  '\u2011',
  '.',
  '(',
  ')',
  '\u200d',
  '\u200f',
];
const digitZeros = [0x30, 0x660, 0x6f0, 0x966, 0xe50, 0xff10];

test('marks, blanks and other digits anywhere in a number never make a second recipient', () => {
  const marks = fc.array(
    fc.record({ at: fc.nat(12), mark: fc.constantFrom(...skippedCharacters) }),
    { maxLength: 20 },
  );
  const zero = fc.constantFrom(...digitZeros);
  const lead = fc.constantFrom('+', '\uff0b', '00', 'tel:+');
  fc.assert(
    fc.property(marks, zero, lead, (inserted, zeroUnit, leadText) => {
      const units = Array.from('14155552671', (digit) => String.fromCharCode(zeroUnit + +digit));
      for (const { at, mark } of inserted) units.splice(Math.min(at, units.length), 0, mark);
      assert.equal(read(leadText + units.join('')).canonical, '+14155552671');
    }),
  );
});

test('a canonical number read again is the same recipient, in every country', () => {
  const country = fc.constantFrom(...getCountries());
  const national = fc.stringMatching(/^0{0,2}[0-9]{4,12}$/);
  let accepted = 0;
  fc.assert(
    fc.property(country, national, fc.boolean(), (region, digits, allowUnknownRanges) => {
      const options = { pointer: '/recipient', allowUnknownRanges };
      const inRegion = { ...options, country: region };
      const international = `+${getCountryCallingCode(region)}${digits}`;
      const results = [
        parsePhoneRecipient(digits, inRegion),
        parsePhoneRecipient(international, options),
      ];
      for (const result of results) {
        if (!result.ok) continue;
        accepted += 1;
        const { canonical } = result.value;
        assert.match(canonical, /^\+[1-9][0-9]{3,14}$/);
        assert.deepEqual(parsePhoneRecipient(canonical, options), result);
        assert.deepEqual(parsePhoneRecipient(canonical, inRegion), result);
      }
    }),
    { numRuns: 5000 },
  );
  assert.ok(accepted > 100, `only ${accepted} random numbers were accepted`);
});
