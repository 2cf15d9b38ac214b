import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createNonces, generateRingEntry, keyedHash, parseKeyRing } from '#service/key-ring.ts';

const older = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
const newer = `k2:${Buffer.alloc(32, 2).toString('base64')}`;
const context = 'code app_1 vf_1 hash login';

function ringOf(text: string) {
  const parsed = parseKeyRing(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.mistakes.join(' '));
  return parsed.ring;
}

/** The bytes of a sealed text: 12 of nonce, the ciphertext, 16 of tag. */
const bytesOf = (sealed: string) => Buffer.from(sealed.split('.')[1] ?? '', 'base64url');

test('what is sealed opens in its context, whatever the text', () => {
  const ring = ringOf(older);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (plain, where) => {
      const sealed = ring.seal(plain, where);
      assert.match(sealed, /^k1\.[A-Za-z0-9_-]+$/);
      assert.equal(ring.open(sealed, where), plain);
    }),
  );
});

test('the same code is sealed differently each time, and shows nowhere in it', () => {
  const ring = ringOf(older);
  const sealed = new Set(Array.from({ length: 1_000 }, () => ring.seal('135790', context)));
  assert.equal(sealed.size, 1_000);
  for (const text of sealed) assert.ok(!bytesOf(text).toString('latin1').includes('135790'));
});

const otherContexts = [
  '',
  `${context} `,
  context.slice(0, -1),
  context.replace('login', 'payment'),
];

for (const other of otherContexts) {
  test(`what was sealed for "${context}" does not open for "${other}"`, () => {
    const ring = ringOf(older);
    assert.equal(ring.open(ring.seal('135790', context), other), null);
  });
}

test('a flipped bit at any place keeps it closed', () => {
  const ring = ringOf(older);
  const bytes = bytesOf(ring.seal('135790', context));
  assert.equal(bytes.length, 12 + 6 + 16);
  for (let place = 0; place < bytes.length; place++) {
    for (let bit = 0; bit < 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ (1 << bit);
      assert.equal(ring.open(`k1.${changed.toString('base64url')}`, context), null);
    }
  }
});

test('a sealed text cut at any place, or lengthened, keeps closed', () => {
  const ring = ringOf(older);
  const sealed = ring.seal('135790', context);
  const bytes = bytesOf(sealed);
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length).toString('base64url');
    assert.equal(ring.open(`k1.${cut}`, context), null);
  }
  assert.equal(ring.open(`${sealed}AAAA`, context), null);
});

for (const text of ['', '.', 'k1', 'k1.', '.AAAA', 'k1.****', 'x'.repeat(100_000), 'k1.k1.AAAA']) {
  test(`"${text.slice(0, 12)}" is no sealed text and opens as nothing`, () => {
    assert.equal(ringOf(older).open(text, context), null);
  });
}

test('a key that is not in the ring opens nothing, and neither does another with its id', () => {
  const sealed = ringOf(older).seal('135790', context);
  assert.equal(ringOf(newer).open(sealed, context), null);
  const impostor = `k1:${Buffer.alloc(32, 9).toString('base64')}`;
  assert.equal(ringOf(impostor).open(sealed, context), null);
});

test('after a rotation the newest key seals, and the older one still opens', () => {
  const before = ringOf(older).seal('135790', context);
  const ring = ringOf(`${newer},${older}`);
  assert.equal(ring.newestId, 'k2');
  assert.deepEqual(ring.ids, ['k2', 'k1']);
  assert.equal(ring.open(before, context), '135790');
  const after = ring.seal('246800', context);
  assert.match(after, /^k2\./);
  assert.equal(ringOf(newer).open(after, context), '246800');
  assert.equal(ringOf(older).open(after, context), null);
});

test('a nonce is not used twice in 100,000 seals', () => {
  const ring = ringOf(older);
  const nonces = new Set<string>();
  for (let count = 0; count < 100_000; count++) {
    nonces.add(bytesOf(ring.seal('1', '')).toString('latin1', 0, 12));
  }
  assert.equal(nonces.size, 100_000);
});

test('a nonce is not used twice when the counter is used up, and two processes share none', () => {
  const nextNonce = createNonces(0xffff_ffff - 50);
  const nonces = Array.from({ length: 1_000 }, () => nextNonce().toString('hex'));
  assert.equal(new Set(nonces).size, 1_000);
  const prefixes = new Set(nonces.map((nonce) => nonce.slice(0, 16)));
  assert.equal(prefixes.size, 2);
  assert.ok(!prefixes.has(createNonces()().toString('hex').slice(0, 16)));
});

const short = Buffer.alloc(16).toString('base64');
const mistaken: readonly [text: string, mistakes: RegExp[]][] = [
  ['', [/^Key 1 needs the form id:base64/]],
  ['k1', [/^Key 1 needs the form/]],
  [`:${short}`, [/^Key 1 needs the form/]],
  [`a b:${short}`, [/^Key 1 needs the form/]],
  [`${'k'.repeat(33)}:${short}`, [/^Key 1 needs the form/]],
  ['k1:', [/^Key "k1" must be 32 bytes in base64, and it is 0\.$/]],
  [`k1:${short}`, [/^Key "k1" must be 32 bytes in base64, and it is 16\.$/]],
  [`k1:${Buffer.alloc(33).toString('base64')}`, [/and it is 33\.$/]],
  [`${older},${older}`, [/^The key id "k1" stands twice/]],
  [`${older},`, [/^Key 2 needs the form/]],
  [`bad id:x,k2:${short},${older},${older}`, [/^Key 1/, /^Key "k2"/, /"k1" stands twice/]],
];

for (const [text, expected] of mistaken) {
  test(`the ring "${text.slice(0, 24)}" is refused with a sentence for each mistake`, () => {
    const parsed = parseKeyRing(text);
    const mistakes = parsed.ok ? [] : parsed.mistakes;
    assert.equal(mistakes.length, expected.length, mistakes.join(' '));
    for (const [index, sentence] of expected.entries()) {
      assert.match(mistakes[index] ?? '', sentence);
      assert.ok(!mistakes[index]?.includes('AAAA'), 'no part of a key is told');
    }
  });
}

test('blanks around ids and keys do not matter', () => {
  assert.deepEqual(ringOf(` ${newer} , ${older}\n`).ids, ['k2', 'k1']);
});

test('a generated entry names its day, is a ring by itself, and is never made twice', () => {
  const now = new Date('2026-03-04T23:59:59Z');
  const entry = generateRingEntry(now);
  assert.match(entry, /^k20260304-[0-9a-f]{6}:[A-Za-z0-9+/]{43}=$/);
  assert.equal(ringOf(entry).ids.length, 1);
  assert.notEqual(generateRingEntry(now), entry);
});

test('a keyed hash is HMAC-SHA256', () => {
  // RFC 4231, test case 2.
  const hash = keyedHash(createSecretKey(Buffer.from('Jefe')), 'what do ya want for nothing?');
  const expected = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
  assert.equal(Buffer.from(hash, 'base64url').toString('hex'), expected);
  const other = keyedHash(createSecretKey(randomBytes(32)), 'what do ya want for nothing?');
  assert.notEqual(other, hash);
});
