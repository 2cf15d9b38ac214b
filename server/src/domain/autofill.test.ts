import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appendAutofill, checkAutofill } from './autofill.ts';

const hash = 'FA+9qCX9VSu';

const lastLines: [name: string, autofill: Parameters<typeof checkAutofill>[0], lines: string[]][] =
  [
    ['nothing asked for', {}, ['Your code is 123456.']],
    ['nulls', { androidAppHash: null, webOrigin: null }, ['Your code is 123456.']],
    [
      'a web origin',
      { webOrigin: 'https://example.com' },
      ['Your code is 123456.', '@example.com #123456'],
    ],
    ['an Android hash', { androidAppHash: hash }, ['Your code is 123456.', hash]],
    [
      'both',
      { androidAppHash: hash, webOrigin: 'https://login.example.com' },
      ['Your code is 123456.', hash, '@login.example.com #123456'],
    ],
    [
      'capitals, the usual port and a slash',
      { webOrigin: 'https://EXAMPLE.com:443/' },
      ['Your code is 123456.', '@example.com #123456'],
    ],
    [
      'an international name, in punycode',
      { webOrigin: 'https://bücher.example' },
      ['Your code is 123456.', '@xn--bcher-kva.example #123456'],
    ],
  ];

for (const [name, input, lines] of lastLines) {
  test(`the last lines are exact: ${name}`, () => {
    const autofill = checkAutofill(input);
    assert.ok(autofill.ok);
    const message = appendAutofill('Your code is 123456.', '123456', autofill.value);
    assert.deepEqual(message, { ok: true, value: lines.join('\n') });
  });
}

test('blanks and line breaks at the end of the text leave no empty line behind', () => {
  const message = appendAutofill('Code 123456 \n\n', '123456', {
    webOrigin: 'https://example.com',
  });
  assert.deepEqual(message, { ok: true, value: 'Code 123456\n@example.com #123456' });
});

for (const webOrigin of [
  'http://example.com',
  'example.com',
  '',
  'https://',
  'https://example.com:8443',
  'https://example.com/login',
  'https://example.com?x=1',
  'https://example.com#x',
  'https://user:pass@example.com',
  'https://192.0.2.1',
  'https://[2001:db8::1]',
  'https://exam_ple.com',
  'https://-example.com',
  'https://example.com #999999',
  'https://example.com\n@evil.example #999999',
  'javascript:alert(1)',
  `https://${'a'.repeat(300)}.com`,
]) {
  test(`the web origin ${JSON.stringify(webOrigin.slice(0, 50))} is refused`, () => {
    const checked = checkAutofill({ webOrigin });
    assert.ok(!checked.ok);
    assert.equal(checked.error.code, 'request_invalid');
    assert.equal(checked.error.pointer, '/autofill/webOrigin');
  });
}

for (const androidAppHash of ['', 'FA+9qCX9VS', 'FA+9qCX9VSuu', 'FA-9qCX9VSu', 'FA+9qCX9VS\n']) {
  test(`the Android hash ${JSON.stringify(androidAppHash)} is refused`, () => {
    const checked = checkAutofill({ androidAppHash });
    assert.ok(!checked.ok);
    assert.equal(checked.error.pointer, '/autofill/androidAppHash');
  });
}

const sizes: [name: string, text: string, fits: boolean][] = [
  ['140 bytes in all', 'a'.repeat(140 - 12), true],
  ['141 bytes in all', 'a'.repeat(141 - 12), false],
  ['64 letters of two bytes', 'я'.repeat(64), true],
  ['65 letters of two bytes', 'я'.repeat(65), false],
];

for (const [name, text, fits] of sizes) {
  test(`a message with the Android hash ${fits ? 'may' : 'may not'} have ${name}`, () => {
    const message = appendAutofill(text, '123456', { androidAppHash: hash });
    assert.equal(message.ok, fits);
    if (!message.ok) assert.equal(message.error.pointer, '/autofill/androidAppHash');
  });
}

test('a message for the browser alone has no bound of bytes', () => {
  const message = appendAutofill('я'.repeat(300), '123456', { webOrigin: 'https://example.com' });
  assert.ok(message.ok);
});

test('a code that would break the line is a bug, and the error does not show it', () => {
  assert.throws(
    () => appendAutofill('text', '12 #34', { webOrigin: 'https://example.com' }),
    (error: Error) => !error.message.includes('12'),
  );
});
