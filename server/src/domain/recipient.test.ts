import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maskRecipient, parseRecipient } from '#domain/recipient.ts';

test('a number and an address are told apart by the @', () => {
  const phone = parseRecipient('(415) 555-0123', { country: 'US' });
  const email = parseRecipient('Ana+1@Example.com', { country: 'US' });
  assert.ok(phone.ok && email.ok);
  assert.equal(phone.value.canonical, '+14155550123');
  assert.deepEqual(email.value, {
    kind: 'email',
    canonical: 'ana+1@example.com',
    limitKey: 'ana@example.com',
    country: null,
  });
});

test('a refusal points at the field that was read', () => {
  for (const input of ['nobody', 'no@body', '+18005550199', 'x'.repeat(321)]) {
    for (const pointer of ['/recipient', '/channels/0/to']) {
      const result = parseRecipient(input, pointer === '/recipient' ? {} : { pointer });
      assert.equal(result.ok ? null : result.error.pointer, pointer);
    }
  }
});

test('any text is read or refused, never thrown at, and no refusal repeats it', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.string({
      unit: fc.constantFrom(...'+0123456789 ()-.@;,x#\u0660\uff11\u200f'),
      maxLength: 70,
    }),
    fc.stringMatching(/^\+?[0-9]{1,20}$/),
  );
  const country = fc.option(fc.string({ maxLength: 3 }), { nil: undefined });
  fc.assert(
    fc.property(text, country, (input, region) => {
      const result = parseRecipient(input, { country: region, allowUnknownRanges: true });
      if (result.ok) {
        assert.ok(result.value.canonical.length <= 320);
        return;
      }
      assert.match(result.error.code, /^recipient_(invalid|unsupported)$/);
      if (input.length >= 8) assert.ok(!result.error.detail.includes(input));
    }),
    { numRuns: 3000 },
  );
});

test('a text of any size is refused by its length before anything reads it', () => {
  // Stands for a text of 50 million units; fails when anything but its length is asked for.
  const readsLengthOnly: ProxyHandler<object> = {
    get(_target, property) {
      assert.equal(property, 'length');
      return 50_000_000;
    },
  };
  const hugeText = new Proxy({}, readsLengthOnly) as unknown as string;
  const result = parseRecipient(hugeText);
  assert.equal(result.ok ? null : result.error.code, 'recipient_invalid');
});

const masks: readonly [string, string][] = [
  ['+14155550123', '+14•••••0123'],
  ['+390612345678', '+39••••••5678'],
  ['+2902345', '+29•2345'],
  ['+123456', '+12••••'],
  ['ana@example.com', 'a•••@example.com'],
  ['a@example.com', 'a•••@example.com'],
  ["o'neil+work@xn--bcher-kva.example", 'o•••@xn--bcher-kva.example'],
  ['', '•••'],
  ['ana', '•••'],
];

test('a mask shows the ends of a number, and of an address the first letter and the domain', () => {
  for (const [recipient, mask] of masks) assert.equal(maskRecipient(recipient), mask);
});
