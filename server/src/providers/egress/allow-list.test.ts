import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AllowList, parseEgressAllow } from './allow-list.ts';

function read(setting: string): AllowList {
  const reading = parseEgressAllow(setting);
  assert.ok(reading.ok, reading.ok ? '' : reading.error.join(' '));
  return reading.value;
}

test('nothing is allowed when the setting is unset or empty', () => {
  for (const setting of [undefined, '', ' , ,']) {
    const reading = parseEgressAllow(setting);
    assert.ok(reading.ok);
    assert.equal(reading.value.permits({ host: '10.0.0.1', port: 443 }, '10.0.0.1'), false);
    assert.equal(reading.value.mightPermit(443), false);
  }
});

test('a network is allowed on every port, and what lies beside it is not', () => {
  const allow = read('10.1.0.0/16, fd00:1::/32');
  assert.equal(allow.permits({ host: 'sms.example', port: 8080 }, '10.1.2.3'), true);
  assert.equal(allow.permits({ host: 'sms.example', port: 8080 }, '10.2.2.3'), false);
  assert.equal(allow.permits({ host: 'sms.example', port: 8080 }, 'fd00:1::5'), true);
  assert.equal(allow.permits({ host: 'sms.example', port: 8080 }, 'fd00:2::5'), false);
});

test('a host and port open that door only, however its name is spelled', () => {
  const allow = read('SMS.internal:9000,127.0.0.1:9001,[::1]:9002');
  assert.equal(allow.permits({ host: 'sms.internal.', port: 9000 }, '10.0.0.1'), true);
  assert.equal(allow.permits({ host: 'sms.internal', port: 9001 }, '10.0.0.1'), false);
  assert.equal(allow.permits({ host: 'other.internal', port: 9000 }, '10.0.0.1'), false);
  assert.equal(allow.permits({ host: '127.0.0.1', port: 9001 }, '127.0.0.1'), true);
  assert.equal(allow.permits({ host: '127.0.0.1', port: 9000 }, '127.0.0.1'), false);
  assert.equal(allow.permits({ host: '0:0:0:0:0:0:0:1', port: 9002 }, '::1'), true);
});

test('an address listed with its port also serves a name that resolves to it', () => {
  const allow = read('127.0.0.1:9001');
  assert.equal(allow.permits({ host: 'localhost', port: 9001 }, '127.0.0.1'), true);
  assert.equal(allow.permits({ host: 'localhost', port: 9001 }, '127.0.0.2'), false);
});

const mistakes: readonly (readonly [string, RegExp])[] = [
  ['localhost', /neither host:port nor a network/],
  ['10.0.0.1', /names no port\. Write "10\.0\.0\.1:443", or "10\.0\.0\.1\/32"/],
  ['::1', /Write "\[::1\]:443", or "::1\/128"/],
  ['host:0', /neither host:port/],
  ['host:65536', /neither host:port/],
  ['http://host:80', /is not a network/],
  ['10.0.0.0/33', /more than 32 bits/],
  ['fd00::/129', /more than 128 bits/],
  ['10.0.0/8', /is not a network/],
  ['10.0.0.0/8/8', /is not a network/],
  ['[host]:80', /neither host:port/],
  ['a b:80', /neither host:port/],
];

for (const [entry, sentence] of mistakes) {
  test(`an entry that cannot be read is refused with what to write: ${entry}`, () => {
    const reading = parseEgressAllow(`10.0.0.0/8,${entry}`);
    assert.ok(!reading.ok);
    assert.equal(reading.error.length, 1);
    assert.match(reading.error[0] ?? '', sentence);
    assert.match(reading.error[0] ?? '', /^WATCHWORD_EGRESS_ALLOW/);
  });
}

test('every mistake is told, and a list without end is refused', () => {
  const two = parseEgressAllow('a,b');
  assert.equal(two.ok ? 0 : two.error.length, 2);
  const long = parseEgressAllow(Array.from({ length: 101 }, (_, at) => `h:${at + 1}`).join(','));
  assert.match(long.ok ? '' : (long.error[0] ?? ''), /more than 100 entries/);
});
