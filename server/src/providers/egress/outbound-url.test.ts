import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AllowList, parseEgressAllow } from './allow-list.ts';
import { checkOutboundUrl } from './outbound-url.ts';

function listOf(setting: string): AllowList {
  const reading = parseEgressAllow(setting);
  assert.ok(reading.ok);
  return reading.value;
}

const nothing = listOf('');

const refused: readonly string[] = [
  // Security case W-01, and spellings that the URL parser reads as the same addresses.
  'http://169.254.169.254/latest/meta-data/',
  'http://localhost/',
  'http://LOCALHOST:8080/',
  'http://localhost./',
  'http://a.localhost/',
  'http://127.1/',
  'http://0x7f000001/',
  'http://2130706433/',
  'http://0177.0.0.1/',
  'http://0/',
  'http://127.0.0.1./',
  'http://127%2e0%2e0%2e1/',
  'http://①②⑦.⓪.⓪.①/',
  'http://127。0。0。1/',
  'http://[::1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://[2002:a9fe:a9fe::]/',
  'http://[64:ff9b::a9fe:a9fe]/',
  'http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
  'http://0.0.0.0/',
  'http://100.64.0.1/',
  'http://[fd00::1]/',
  'http://[fe80::1]/',
  'http://224.0.0.1/',
  'http://[ff02::1]/',
  'http://[fe80::1%25eth0]/',
  'http://metadata.google.internal/',
  'http://printer.local/',
  'http://intranet/',
  // Security case W-05.
  'https://ok.com@evil.example/',
  'https://user:pass@example.com/',
  'https://@example.com/',
  'https://:@example.com/',
  'https:\\\\example.com/',
  'https://example.com\\@evil.example/',
  'https://exa\tmple.com/',
  'https://example.com/\r\nX: y',
  ' https://example.com/',
  'https://example.com/a b',
  'file:///etc/passwd',
  'gopher://example.com/',
  'ftp://example.com/',
  'javascript:alert(1)',
  'data:text/plain,x',
  'ws://example.com/',
  '//example.com/',
  'https:example.com',
  'https:/example.com',
  'example.com',
  '',
  'https://',
  'https://exa mple.com',
  'https://example.com:99999/',
  'https://[::1',
  'http://example.com:0/',
  'http://example.com:22/',
  'http://example.com:25/',
  'http://example.com:6379/',
  'http://example.com:11211/',
  `https://example.com/${'a'.repeat(2_048)}`,
];

for (const url of refused) {
  test(`a URL that must not be called is refused when it is saved: ${url.slice(0, 60)}`, () => {
    const result = checkOutboundUrl(url, nothing, '/callbackUrl');
    assert.ok(!result.ok);
    assert.equal(result.error.code, 'callback_url_refused');
    assert.equal(result.error.pointer, '/callbackUrl');
    assert.match(result.error.detail, /\.$/);
  });
}

const accepted = [
  'https://example.com/hook?x=1',
  'http://example.com:8080/',
  'HTTPS://Example.COM/a%20b',
  'https://bücher.example/hook',
  'https://8.8.8.8/hook',
  'https://[2606:4700::1111]:8443/',
  'https://example.com./',
];

for (const url of accepted) {
  test(`a public URL is accepted: ${url}`, () => {
    assert.ok(checkOutboundUrl(url, nothing, '/callbackUrl').ok);
  });
}

test('a private URL is accepted where the operator listed its door or its network', () => {
  const allow = listOf('127.0.0.1:9000,sms.internal:6379,10.0.0.0/8');
  const urls = ['http://127.0.0.1:9000/', 'http://127.1:9000/', 'http://sms.internal:6379/'];
  for (const url of [...urls, 'http://10.1.1.1/', 'http://gateway/']) {
    assert.ok(checkOutboundUrl(url, allow, '/url').ok, url);
  }
  for (const url of ['http://127.0.0.1:9001/', 'http://192.168.0.1/', 'http://10.0.0.1:6379/']) {
    assert.ok(!checkOutboundUrl(url, allow, '/url').ok, url);
  }
});

test('no text makes the check throw, and what passes is http without a user name', () => {
  const schemes = fc.constantFrom('http://', 'https://', 'HTTP://', 'file://', '');
  fc.assert(
    fc.property(schemes, fc.oneof(fc.string(), fc.webAuthority(), fc.ipV6()), (scheme, rest) => {
      const result = checkOutboundUrl(`${scheme}${rest}`, nothing, '/url');
      if (!result.ok) return;
      assert.match(result.value.protocol, /^https?:$/);
      assert.equal(result.value.username, '');
    }),
  );
});
