import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readManifest } from './check-manifest.ts';

const sound = {
  name: 'example',
  channels: ['sms'],
  method: 'POST',
  url: 'https://sms.example.com/v1/{{parameters.account}}/send',
  query: { to: '{{destination}}' },
  headers: { 'x-key': '{{secrets.key}}' },
  body: { type: 'json', content: { text: '{{text}}' } },
  parameters: { account: { default: 'main' } },
  secrets: { key: { env: 'KEY' } },
};

test('a sound manifest is taken as it is', () => {
  const reading = readManifest(sound);
  assert.ok(reading.ok, reading.ok ? '' : reading.error.join('\n'));
  assert.equal(reading.value, sound);
});

/** What is changed, and the sentence that must come. */
const mistakes: readonly (readonly [object, RegExp])[] = [
  [{ name: 'Not Kebab' }, /"name" must be a name of small letters/],
  [{ channels: [] }, /"channels" must not have fewer than 1 items/],
  [{ channels: ['fax'] }, /"channels\.0" must be one of "sms"/],
  [{ method: 'DELETE' }, /"method" must be one of "GET", "POST", "PUT"/],
  [{ script: 'rm' }, /"script" is not known\. Known are: name, description/],
  [{ success: { stat: [200] } }, /"success\.stat" is not known\. Known are: status, body/],
  [{ success: { status: ['3xx'] } }, /"success\.status\.0" must be a status from 200 to 599/],
  [
    { success: { body: [{ pointer: 'return' }] } },
    /"success\.body\.0\.pointer" must be a JSON pointer/,
  ],
  [{ messageId: { jq: '.id' } }, /"messageId" must be \{"pointer"/],
  [{ body: { type: 'xml', content: '' } }, /"body" must be \{"type": "json"/],
  [{ body: { type: 'form', content: { a: ['x'] } } }, /"body" must be/],
  [{ url: 'https://{{text}}.example.com/' }, /"url" must be http\(s\):\/\/host\/path/],
  [{ url: 'ftp://example.com/' }, /"url" must be http/],
  [{ url: 'https://example.com/a?b=c' }, /belongs under "query"/],
  [{ url: 'https://example.com/a b' }, /"url" must be http/],
  [
    { query: { a: '{{nobody}}' } },
    /"query\.a" names \{\{nobody\}\}, which is not known\. Known are destination,/,
  ],
  [{ query: { a: '{{secrets.other}}' } }, /names \{\{secrets\.other\}\}/],
  [{ query: { a: '{{parameters.account.x}}' } }, /names \{\{parameters\.account\.x\}\}/],
  [{ query: { a: '{{constructor}}' } }, /names \{\{constructor\}\}/],
  [{ query: { a: '{{__proto__}}' } }, /names \{\{__proto__\}\}/],
  [{ query: { a: '{{text' } }, /"query\.a" has "\{\{" without "\}\}"/],
  [{ query: { a: '{{}}' } }, /has "\{\{" without/],
  [{ query: { a: { choose: '{{x}}', cases: { a: 'b' } } } }, /"query\.a\.choose" names \{\{x\}\}/],
  [
    { query: { a: { choose: '{{text}}', cases: { a: '{{y}}' } } } },
    /"query\.a\.cases\.a" names \{\{y\}\}/,
  ],
  [
    { body: { type: 'json', content: [{ a: ['{{z}}'] }] } },
    /"body\.content\.0\.a\.0" names \{\{z\}\}/,
  ],
  [{ authorization: { bearer: '{{secrets.no}}' } }, /"authorization\.bearer" names/],
  [{ headers: { host: 'example.com' } }, /"headers\.host" is set by the HTTP client/],
  [{ headers: { 'Content-Length': '1' } }, /"headers\.Content-Length" is set by/],
  [{ headers: { 'Proxy-Authorization': 'x' } }, /is set by the HTTP client/],
  [{ headers: { 'a b': 'x' } }, /is not the name of an HTTP header/],
  [{ method: 'GET' }, /"body" does not go with GET/],
  [{ body: { type: 'multipart', content: { 'a"b': 'x' } } }, /is no name for a form field/],
  [
    { signature: { scheme: 'standard-webhooks', secret: 'other' } },
    /"signature\.secret" names "other"/,
  ],
  [
    { parameters: { account: { default: 'a', oneOf: ['b'] } } },
    /"parameters\.account\.default" is not in/,
  ],
  [{ price: { currency: 'usd' } }, /"price\.currency" must be three capital letters/],
  [{ timeoutMs: 1 }, /"timeoutMs" must be >= 100/],
];

for (const [change, sentence] of mistakes) {
  test(`a manifest with a mistake is refused by key: ${JSON.stringify(change)}`, () => {
    const reading = readManifest({ ...sound, ...change });
    assert.ok(!reading.ok);
    assert.match(reading.error.join('\n'), sentence);
    for (const line of reading.error) assert.match(line, /^The manifest ".*": .*\.$/s);
  });
}

test('every mistake of a manifest is told at once', () => {
  const reading = readManifest({
    ...sound,
    query: { a: '{{x}}', b: '{{y}}' },
    headers: { te: 'x' },
  });
  assert.equal(reading.ok ? 0 : reading.error.length, 3);
});

test('a manifest without end is refused instead of walked', () => {
  let content: unknown = 'x';
  for (let depth = 0; depth < 50_000; depth += 1) content = [content];
  const reading = readManifest({ ...sound, body: { type: 'json', content } });
  assert.match(reading.ok ? '' : (reading.error[0] ?? ''), /nested too deeply/);
});

test('nothing that JSON can say makes the check throw', () => {
  const part = fc.constantFrom(...Object.keys(sound));
  fc.assert(
    fc.property(part, fc.jsonValue(), (key, value) => {
      assert.equal(typeof readManifest({ ...sound, [key]: value }).ok, 'boolean');
      assert.equal(readManifest(value).ok, false);
    }),
  );
});
