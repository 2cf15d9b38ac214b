import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseEmailRecipient } from '#domain/email-address.ts';

function read(input: string) {
  const result = parseEmailRecipient(input, '/recipient');
  assert.ok(result.ok, `refused: ${JSON.stringify(input)}`);
  return result.value;
}

const spellings: readonly [canonical: string, spellings: readonly string[]][] = [
  ['ana@example.com', ['ana@example.com', 'Ana@Example.COM', ' ana@example.com\u00a0']],
  ['ana@example.com', ['ana@ｅｘａｍｐｌｅ.com', 'ana@example\u3002com', 'ana@exam\u00adple.com']],
  [
    'ana@xn--bcher-kva.example',
    ['ana@bücher.example', 'ana@BÜCHER.example', 'ana@XN--BCHER-KVA.example'],
  ],
  ["o'neil+x!y{z}@a-b.co.uk", ["O'Neil+x!y{z}@a-b.co.uk"]],
  ['a@xn--80akhbyknj4f.xn--p1ai', ['a@испытание.рф']],
];

test('letter case, blanks and the script of the domain do not make a second address', () => {
  for (const [canonical, inputs] of spellings) {
    for (const input of inputs) assert.equal(read(input).canonical, canonical, input);
  }
});

const limitKeys: readonly [string, string][] = [
  ['ana@example.com', 'ana@example.com'],
  ['ana+news@example.com', 'ana@example.com'],
  ['ana+a+b@example.com', 'ana@example.com'],
  ['a.na@example.com', 'a.na@example.com'],
  ['ana-maria@example.com', 'ana-maria@example.com'],
  ['+ana@example.com', '+ana@example.com'],
  ['+ana+a@example.com', '+ana@example.com'],
  ['A.n.a+1@GoogleMail.com', 'ana@gmail.com'],
  ['ana@gmail.com', 'ana@gmail.com'],
  ['a.na@mail.gmail.com', 'a.na@mail.gmail.com'],
];

test('tags, and the dots that Gmail ignores, fold to one limit', () => {
  for (const [input, limitKey] of limitKeys) assert.equal(read(input).limitKey, limitKey, input);
});

const longLabel = 'd'.repeat(63);
const longDomain = `${longLabel}.${longLabel}.${longLabel}.${'d'.repeat(57)}.com`;

test('addresses up to the limits of the standards are accepted', () => {
  assert.equal(longDomain.length, 253);
  const longest = `${'a'.repeat(64)}@${longDomain}`;
  assert.equal(read(longest).canonical, longest);
});

const refused: readonly string[] = [
  '@',
  'ana@',
  '@example.com',
  'ana@@example.com',
  'ana@example.com@example.org',
  'ana',
  // Ways to write a second address, or none.
  '"ana"@example.com',
  '"a b"@example.com',
  'ana(comment)@example.com',
  'ana@example.com (comment)',
  'Ana <ana@example.com>',
  '<ana@example.com>',
  'mailto:ana@example.com',
  'ana@example.com,bob@example.com',
  'ana@example.com bob@example.com',
  'a na@example.com',
  'ana@example.com;bob',
  // Breaks and controls.
  'ana@example.com\r\nBcc: bob@example.com',
  'ana@example.com\n',
  '\tana@example.com',
  'an\0a@example.com',
  'ana@exam\u0085ple.com',
  'ana@example.com\u2028',
  // Dots.
  '.ana@example.com',
  'ana.@example.com',
  'a..na@example.com',
  'ana@.example.com',
  'ana@example..com',
  'ana@example.com.',
  // Domains.
  'ana@localhost',
  'ana@192.0.2.1',
  'ana@[192.0.2.1]',
  'ana@[IPv6:2001:db8::1]',
  'ana@１９２.０.２.１',
  'ana@0x7f.1',
  'ana@-example.com',
  'ana@example-.com',
  'ana@exa_mple.com',
  'ana@exa%6dple.com',
  'ana@ex%61mplé.com',
  'ana@example.com/x',
  'ana@example.com:25',
  `ana@${'d'.repeat(64)}.com`,
  `ana@${longDomain}m`,
  // Lengths and scripts.
  `${'a'.repeat(65)}@example.com`,
  `${'a'.repeat(300)}@${longDomain}`,
  'anä@example.com',
  'аna@example.com',
  'ana＠example.com',
  '\u212aelvin@example.com',
  'an\u200da@example.com',
];

test('what is not one plain address is refused as unreadable', () => {
  for (const input of refused) {
    const result = parseEmailRecipient(input, '/channels/1/to');
    assert.ok(!result.ok, `accepted: ${JSON.stringify(input)}`);
    assert.equal(result.error.code, 'recipient_invalid');
    assert.equal(result.error.pointer, '/channels/1/to');
  }
});

test('an accepted address is its own canonical form and is safe in a header', () => {
  const label = fc.stringMatching(/^[a-zA-Z0-9ßéяあ-]{1,8}$/);
  const local = fc.stringMatching(/^[A-Za-z0-9.+_!'-]{1,12}$/);
  let accepted = 0;
  fc.assert(
    fc.property(local, fc.array(label, { minLength: 1, maxLength: 3 }), (name, labels) => {
      const result = parseEmailRecipient(`${name}@${labels.join('.')}`, '/recipient');
      if (!result.ok) return;
      accepted += 1;
      const { canonical, limitKey } = result.value;
      const tagged = canonical.replace('@', '+tag@');
      assert.deepEqual(read(canonical), result.value);
      assert.equal(read(tagged).limitKey, limitKey);
      assert.match(canonical, /^[!-?A-~]+@[a-z0-9.-]+$/);
    }),
    { numRuns: 2000 },
  );
  assert.ok(accepted > 100, `only ${accepted} random addresses were valid`);
});
