import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * Which addresses belong to the public internet. IPv4 is the whole space without the special
 * ranges (IANA registry, RFC 6890). IPv6 is the other way round: only global unicast is public,
 * and of that nothing that carries an IPv4 address inside, because a gateway on the way would turn
 * it into a connection to that address: a private one, if somebody so wishes.
 */

const ipv4Special: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], // this network; connects to this machine on Linux
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT; also the metadata service of Alibaba
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // public by number, but answered by the host of a virtual machine in Azure
  ['169.254.0.0', 16], // link-local, the metadata service of most clouds
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays, withdrawn
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarking
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, and broadcast
];

const ipv6Special: readonly (readonly [string, number])[] = [
  ['2001::', 23], // protocol assignments: Teredo, benchmarking, ORCHID
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4, which carries an IPv4 address
  ['3fff::', 20], // documentation
];

const special = new BlockList();
for (const [address, bits] of ipv4Special) special.addSubnet(address, bits, 'ipv4');
for (const [address, bits] of ipv6Special) special.addSubnet(address, bits, 'ipv6');

// 2000::/3. Loopback, unspecified, mapped and compatible IPv4, both NAT64 prefixes, unique local,
// link-local and multicast addresses all lie outside.
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** False for whatever is not an address at all, so a parser's slip refuses and never allows. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4');
  // A zone ("%eth0") names an interface of this machine: link-local by nature.
  if (!isIPv6(address) || address.includes('%')) return false;
  if (!globalUnicast.check(address, 'ipv6') || special.check(address, 'ipv6')) return false;
  return !isIsatap(address);
}

/** RFC 5214, 6.1: an interface identifier of 0:5efe or 200:5efe, then an IPv4 address. */
function isIsatap(address: string): boolean {
  const groups = ipv6Groups(address);
  const marker = groups[4];
  return (marker === 0 || marker === 0x200) && groups[5] === 0x5efe;
}

/** The eight 16-bit groups of a valid address. */
function ipv6Groups(address: string): readonly number[] {
  const [head = '', tail] = withHexTail(address).split('::');
  const before = readGroups(head);
  if (tail === undefined) return before;
  const after = readGroups(tail);
  const gap = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => 0);
  return [...before, ...gap, ...after];
}

function readGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

/** `::a.b.c.d` as two hexadecimal groups. */
function withHexTail(address: string): string {
  const colon = address.lastIndexOf(':');
  const tail = address.slice(colon + 1);
  if (!tail.includes('.')) return address;
  const [a = 0, b = 0, c = 0, d = 0] = tail.split('.').map(Number);
  const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  return `${address.slice(0, colon + 1)}${hex}`;
}
