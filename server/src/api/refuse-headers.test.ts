import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseHeaders } from '#api/refuse-headers.ts';

const host = ['Host', 'example.com'];
const refused: readonly (readonly [string, readonly string[], string, string])[] = [
  ['no Host', [], '1.1', 'request_malformed'],
  ['two Hosts', [...host, 'host', 'evil.example'], '1.1', 'request_malformed'],
  [
    'two API keys',
    [...host, 'Authorization', 'a', 'authorization', 'b'],
    '1.1',
    'request_malformed',
  ],
  ['two types', [...host, 'Content-Type', 'a', 'CONTENT-TYPE', 'a'], '1.1', 'request_malformed'],
  ['a hundred headers', Array(200).fill('X'), '1.1', 'headers_too_large'],
];
const taken: readonly (readonly [string, readonly string[], string])[] = [
  ['one Host', host, '1.1'],
  ['no Host in HTTP/1.0', [], '1.0'],
  ['what may be repeated', [...host, 'Accept', 'a', 'Accept', 'b'], '1.1'],
  ['ninety-nine headers', [...host, ...Array(196).fill('X')], '1.1'],
];

function read(rawHeaders: readonly string[], httpVersion: string) {
  const named = rawHeaders.indexOf('Host');
  const headers = named < 0 ? {} : { host: rawHeaders[named + 1] };
  return refuseHeaders({ rawHeaders: [...rawHeaders], httpVersion, headers });
}

for (const [name, rawHeaders, version, code] of refused) {
  test(`${name}: the headers are refused`, () => {
    assert.equal(read(rawHeaders, version)?.code, code);
  });
}

for (const [name, rawHeaders, version] of taken) {
  test(`${name}: the headers are taken`, () => {
    assert.equal(read(rawHeaders, version), null);
  });
}
