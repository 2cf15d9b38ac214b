import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleMessage } from './provider.contract.ts';
import { createRedaction, maskMessage, publicErrorLengthMax } from './redaction.ts';

const message = exampleMessage();
const secrets = ['k3y/with+signs=1'];
const redaction = createRedaction(message, secrets);

/** What a gateway might say, and what is left of it. */
const echoes: readonly (readonly [string, string])[] = [
  ['Invalid number +14155550123', 'Invalid number ***'],
  ['Invalid number 14155550123.', 'Invalid number ***.'],
  ['Invalid number (415) 555-0123', 'Invalid number (***'],
  ['to=%2B14155550123', 'to=***'],
  ['"to":"\\u002b14155550123"', '"to":"***"'],
  ['code 739105', 'code ***'],
  ['code 7 3 9 1 0 5', 'code ***'],
  ['code 739-105!', 'code ***!'],
  [`text ${message.text.toUpperCase()}`, 'text ***'],
  [`text ${encodeURIComponent(message.text)}`, 'text ***'],
  [`text ${encodeURIComponent(message.text).replaceAll('%20', '+')}`, 'text ***'],
  ['key k3y/with+signs=1 or k3y%2Fwith%2Bsigns%3D1', 'key *** or ***'],
  ['Authorization: Basic YWNjb3VudDprZXk=', 'Authorization: Basic ***'],
  ['Bearer abcdef.ghijkl', 'Bearer ***'],
  ['two\r\nlines\u2028and\u0007bells', 'two lines and bells'],
  ['error 21211 at 2026-01-02', 'error 21211 at 2026-01-02'],
];

for (const [said, left] of echoes) {
  test(`an answer loses what it repeats: ${JSON.stringify(said)}`, () => {
    assert.equal(redaction.publicError(said), left);
  });
}

test('an address is hidden with the name in front of it', () => {
  const toAna = createRedaction(exampleMessage({ destination: 'ana.b@example.com' }), []);
  assert.equal(toAna.publicError('<ANA.B@example.com>: ana.b is unknown'), '<***>: *** is unknown');
});

test('whatever surrounds it, nothing that was sent is left, and the rest is bounded', () => {
  const secret = fc.constantFrom(message.text, '739105', message.destination, ...secrets);
  const any = fc.string({ unit: 'binary', maxLength: 400 });
  fc.assert(
    fc.property(any, secret, any, (before, hidden, after) => {
      const shown = redaction.publicError(`${before} ${hidden} ${after}`);
      assert.ok(!shown.includes(hidden));
      assert.ok(shown.length <= publicErrorLengthMax);
      assert.doesNotMatch(shown, /\p{Cc}/u);
      assert.ok(!redaction.transcript(`${before}${hidden}${after}`).includes(hidden));
    }),
  );
});

test('a huge answer is cleaned in little time', () => {
  const startedAt = performance.now();
  for (const piece of ['1', '1 ', '\\u0031', 'Basic ', '7-', '%']) {
    redaction.transcript(piece.repeat(65_536));
  }
  assert.ok(performance.now() - startedAt < 1_000);
});

test('a masked message has nothing left to hide, and keeps what identifies it', () => {
  const masked = maskMessage(exampleMessage({ html: '<b>739105</b>', subject: '739105' }));
  assert.doesNotMatch(JSON.stringify(masked), /739105|4155550123|keep it/);
  assert.equal(masked.destination, '+14*****0123');
  assert.equal(masked.deliveryId, message.deliveryId);
});
