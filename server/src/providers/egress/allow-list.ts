import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * The exceptions that an operator makes with WATCHWORD_EGRESS_ALLOW: `host:port` names one door,
 * a CIDR opens a network. A name listed with a port may resolve to anything; an address listed with
 * a port also serves names that resolve to it.
 */
export interface AllowList {
  /** Whether a connection to this address may be made although it is not public. */
  permits(door: Door, address: string): boolean;
  /** Whether exactly this host and port are listed. */
  names(door: Door): boolean;
  /** Whether some entry could let a private address through on this port. */
  mightPermit(port: number): boolean;
}

/** Where a connection goes, before its name is resolved; IPv6 addresses without brackets. */
export interface Door {
  readonly host: string;
  readonly port: number;
}

export type AllowListReading =
  | { readonly ok: true; readonly value: AllowList }
  | { readonly ok: false; readonly error: readonly string[] };

const entriesMax = 100;

/** Reads the setting's value; empty or unset allows nothing. One sentence for each mistake. */
export function parseEgressAllow(setting: string | undefined): AllowListReading {
  const entries = (setting ?? '').split(',').map((entry) => entry.trim());
  return createAllowList(entries.filter((entry) => entry !== ''));
}

export function createAllowList(entries: readonly string[]): AllowListReading {
  const doors = new Map<string, number>();
  const networks = new BlockList();
  const mistakes: string[] = [];
  if (entries.length > entriesMax) {
    mistakes.push(
      `WATCHWORD_EGRESS_ALLOW has more than ${entriesMax} entries; use wider networks.`,
    );
  }
  for (const entry of entries.slice(0, entriesMax)) {
    const reading = entry.includes('/') ? readNetwork(entry, networks) : readDoor(entry, doors);
    if (reading !== null) mistakes.push(`WATCHWORD_EGRESS_ALLOW: "${shown(entry)}" ${reading}`);
  }
  if (mistakes.length > 0) return { ok: false, error: mistakes };
  const names = (door: Door): boolean => doors.has(doorKey(door));
  const covers = (address: string): boolean =>
    isIP(address) !== 0 && networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return {
    ok: true,
    value: {
      names,
      mightPermit: (port) => networks.rules.length > 0 || [...doors.values()].includes(port),
      permits: (door, address) =>
        names(door) || names({ host: address, port: door.port }) || covers(address),
    },
  };
}

function readNetwork(entry: string, networks: BlockList): string | null {
  const [address = '', bits = '', ...rest] = entry.split('/');
  const family = isIP(address);
  if (rest.length > 0 || family === 0 || !/^\d{1,3}$/.test(bits)) {
    return 'is not a network. Write it like "10.0.0.0/8" or "fd00::/8".';
  }
  const bitsMax = family === 4 ? 32 : 128;
  if (Number(bits) > bitsMax) return `has more than ${bitsMax} bits behind the slash.`;
  networks.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return null;
}

function readDoor(entry: string, doors: Map<string, number>): string | null {
  if (isIP(entry) !== 0) {
    const bits = isIPv6(entry) ? 128 : 32;
    const host = isIPv6(entry) ? `[${entry}]` : entry;
    return `names no port. Write "${host}:443", or "${entry}/${bits}" for every port.`;
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(entry);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  const isHostRight = host !== undefined && (match?.[1] === undefined || isIPv6(host));
  if (!isHostRight || port < 1 || port > 65_535) {
    return 'is neither host:port nor a network such as "10.0.0.0/8".';
  }
  doors.set(doorKey({ host, port }), port);
  return null;
}

/** One spelling for every door: lower case, no final dot, IPv6 in its shortest form. */
function doorKey(door: Door): string {
  const host = door.host.toLowerCase().replace(/\.$/, '');
  return `${isIPv6(host) ? shortestIpv6(host) : host}:${door.port}`;
}

function shortestIpv6(address: string): string {
  return URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? address;
}

/** An entry as far as a sentence has room for it. */
function shown(entry: string): string {
  return entry.slice(0, 80).replace(/[^\x20-\x7e]/g, '?');
}
