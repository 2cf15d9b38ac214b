import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GuardedRequest, refuseStranger } from '#api/phone/guard.ts';

const own: GuardedRequest = {
  method: 'GET',
  host: '127.0.0.1:8080',
  origin: undefined,
  fetchSite: undefined,
  publicUrl: 'http://127.0.0.1:8080',
  localPort: 8080,
};

const hosts: readonly [string | undefined, boolean, Partial<GuardedRequest>?][] = [
  ['127.0.0.1:8080', true],
  ['localhost:8080', true],
  ['LOCALHOST:8080', true],
  ['phone.localhost:8080', true],
  ['127.8.9.10:8080', true],
  ['[::1]:8080', true],
  ['localhost', false],
  ['localhost:9090', false],
  ['evil.example:8080', false],
  ['localhost.evil.example:8080', false],
  ['127.0.0.1.evil.example:8080', false],
  ['192.168.1.5:8080', false],
  ['0.0.0.0:8080', false],
  ['127.0.0.1:8080@evil.example', false],
  ['evil.example/127.0.0.1:8080', false],
  ['127.0.0.1:8080, evil.example', false],
  ['', false],
  [undefined, false],
  ['dev.example.com', true, { publicUrl: 'https://dev.example.com' }],
  ['dev.example.com:443', true, { publicUrl: 'https://dev.example.com' }],
  ['dev.example.com:8443', false, { publicUrl: 'https://dev.example.com' }],
  ['localhost:8080', true, { publicUrl: 'https://dev.example.com' }],
  ['localhost:8081', true, { publicUrl: 'http://localhost:8081', localPort: 80 }],
];

for (const [host, isAllowed, more] of hosts) {
  const under = more?.publicUrl === undefined ? '' : ` under ${more.publicUrl}`;
  test(`the host ${host ?? '(none)'}${under} is ${isAllowed ? 'answered' : 'refused'}`, () => {
    const refusal = refuseStranger({ ...own, ...more, host }, true);
    assert.equal(refusal === null, isAllowed, refusal ?? '');
  });
}

const reads: readonly [string | undefined, boolean, boolean][] = [
  [undefined, true, true],
  ['none', true, true],
  ['same-origin', true, true],
  ['same-site', false, true],
  ['cross-site', false, true],
  ['anything else', false, true],
];

for (const [fetchSite, mayReadData, mayOpenPage] of reads) {
  test(`${fetchSite ?? 'a program'} gets ${mayReadData ? 'data' : 'no data'}`, () => {
    assert.equal(refuseStranger({ ...own, fetchSite }, false) === null, mayReadData);
    assert.equal(refuseStranger({ ...own, fetchSite }, true) === null, mayOpenPage);
  });
}

const writes: readonly [string, Partial<GuardedRequest>, boolean][] = [
  ['our own page', { fetchSite: 'same-origin', origin: 'http://127.0.0.1:8080' }, true],
  ['our own page without Sec-Fetch-Site', { origin: 'http://127.0.0.1:8080' }, true],
  [
    'our own page at another loopback name',
    { host: 'localhost:8080', origin: 'http://localhost:8080' },
    true,
  ],
  [
    'our own page behind a proxy with TLS',
    {
      host: 'dev.example.com',
      origin: 'https://dev.example.com',
      publicUrl: 'https://dev.example.com',
    },
    true,
  ],
  ['a program that says nothing of itself', {}, false],
  ['the address bar', { fetchSite: 'none' }, false],
  ['another site', { fetchSite: 'cross-site', origin: 'https://evil.example' }, false],
  ['another port of this machine', { origin: 'http://127.0.0.1:3000' }, false],
  ['a sandboxed frame', { origin: 'null' }, false],
  ['a broken origin', { origin: 'http://' }, false],
  [
    'a browser whose two headers disagree',
    { fetchSite: 'same-site', origin: own.publicUrl },
    false,
  ],
];

for (const [who, headers, isAllowed] of writes) {
  test(`${who} ${isAllowed ? 'may' : 'may not'} change anything`, () => {
    for (const isPage of [true, false]) {
      const refusal = refuseStranger({ ...own, method: 'POST', ...headers }, isPage);
      assert.equal(refusal === null, isAllowed, refusal ?? '');
    }
  });
}
