import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPublicAddress } from './address-ranges.ts';

const refused: readonly (readonly [string, string])[] = [
  ['unspecified', '0.0.0.0'],
  ['this network', '0.1.2.3'],
  ['loopback', '127.0.0.1'],
  ['loopback, last', '127.255.255.255'],
  ['private 10', '10.0.0.1'],
  ['private 172', '172.31.255.255'],
  ['private 192', '192.168.1.1'],
  ['carrier-grade NAT', '100.64.0.1'],
  ['metadata in carrier-grade NAT', '100.100.100.200'],
  ['link-local, metadata', '169.254.169.254'],
  ['host of a virtual machine', '168.63.129.16'],
  ['protocol assignments', '192.0.0.192'],
  ['documentation 1', '192.0.2.1'],
  ['documentation 2', '198.51.100.7'],
  ['documentation 3', '203.0.113.9'],
  ['6to4 relay', '192.88.99.1'],
  ['benchmarking', '198.19.255.255'],
  ['multicast', '224.0.0.1'],
  ['reserved', '240.0.0.1'],
  ['broadcast', '255.255.255.255'],
  ['unspecified v6', '::'],
  ['loopback v6', '::1'],
  ['loopback v6 in full', '0:0:0:0:0:0:0:1'],
  ['mapped private', '::ffff:10.0.0.1'],
  ['mapped private in hex', '::ffff:a00:1'],
  ['mapped public', '::ffff:8.8.8.8'],
  ['translated', '::ffff:0:10.0.0.1'],
  ['compatible', '::127.0.0.1'],
  ['NAT64, metadata', '64:ff9b::a9fe:a9fe'],
  ['NAT64, dotted', '64:ff9b::10.0.0.1'],
  ['local-use NAT64', '64:ff9b:1::a00:1'],
  ['discard only', '100::1'],
  ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  ['benchmarking v6', '2001:2::1'],
  ['ORCHID', '2001:20::1'],
  ['documentation v6', '2001:db8::1'],
  ['documentation v6, new', '3fff::1'],
  ['6to4, metadata', '2002:a9fe:a9fe::'],
  ['6to4, private', '2002:a00:1::1'],
  ['ISATAP', '2a00:1450:4001::5efe:10.0.0.1'],
  ['ISATAP in hex', '2a00:1450:4001:800:0:5efe:a00:1'],
  ['ISATAP, global flag', '2a00:1450:4001:800:200:5efe:a00:1'],
  ['segment routing', '5f00::1'],
  ['unique local', 'fd00:ec2::254'],
  ['link-local v6', 'fe80::1'],
  ['link-local v6 with zone', 'fe80::1%eth0'],
  ['public with zone', '2606:4700::1111%1'],
  ['site-local', 'fec0::1'],
  ['multicast v6', 'ff02::1'],
  ['no address', 'example.com'],
  ['empty', ''],
  ['odd spelling', '0177.0.0.1'],
];

for (const [what, address] of refused) {
  test(`an address that is ${what} is not public: ${address}`, () => {
    assert.equal(isPublicAddress(address), false);
  });
}

const open = ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '198.20.0.1', '223.255.255.255'];
const openV6 = [
  '2606:4700::1111',
  '2a00:1450:4001:800::200e',
  '2620:fe::fe',
  '2001:4860:4860::8888',
];

for (const address of [...open, ...openV6]) {
  test(`an ordinary address is public: ${address}`, () => {
    assert.equal(isPublicAddress(address), true);
  });
}

const byte = fc.integer({ min: 0, max: 255 });

test('an IPv4 address inside an IPv6 one is refused in every form that carries it', () => {
  const forms = (a: number, b: number, c: number, d: number): string[] => {
    const high = ((a << 8) | b).toString(16);
    const low = ((c << 8) | d).toString(16);
    const dotted = `${a}.${b}.${c}.${d}`;
    return [
      `::ffff:${dotted}`,
      `::ffff:${high}:${low}`,
      `::${high}:${low}`,
      `64:ff9b::${dotted}`,
      `64:ff9b:1::${high}:${low}`,
      `2002:${high}:${low}::1`,
      `2001:0:${high}:${low}::`,
      `2606:4700::5efe:${dotted}`,
    ];
  };
  fc.assert(
    fc.property(byte, byte, byte, byte, (a, b, c, d) => {
      for (const form of forms(a, b, c, d)) assert.equal(isPublicAddress(form), false, form);
    }),
  );
});

test('no text at all makes the check throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
      assert.equal(typeof isPublicAddress(text), 'boolean');
    }),
  );
});
