import { isIP } from 'node:net';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { isPublicAddress } from './address-ranges.ts';
import type { AllowList, Door } from './allow-list.ts';

/**
 * What can be said about an outbound URL when it is saved. Names are resolved only when a
 * connection is made, and checked there again, because what a name points to can change.
 */

const urlLengthMax = 2_048;

/**
 * Ports that no HTTP server listens on. First the "bad ports" of the Fetch standard, then stores
 * and control planes that understand a line of HTTP well enough to do harm.
 */
const refusedPorts: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
  103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
  512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
  995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
  6669, 6679, 6697, 10080, 1433, 1521, 2375, 2376, 2379, 2380, 3306, 3389, 5432, 5672, 5900, 6379,
  6380, 8086, 9042, 9092, 9200, 9300, 11211, 15672, 27017, 27018, 50070,
]);

/** Endings that only private networks serve (RFC 6761, 6762, 8375, and ICANN's `internal`). */
const privateNames = /(?:^|\.)(?:localhost|local|internal|localdomain|home\.arpa)$/;

/** Refuses what can never be a public HTTP endpoint; `pointer` names the field in the refusal. */
export function checkOutboundUrl(input: string, allow: AllowList, pointer: string): Result<URL> {
  const no = (detail: string) => refuse('callback_url_refused', detail, { pointer });
  if (input.length > urlLengthMax) return no(`A URL has at most ${urlLengthMax} characters.`);
  // The URL parser drops tabs and line breaks and turns backslashes round; others read them
  // differently, and where two readers differ, one of them can be deceived.
  if (/[\0-\x20\x7f\\]/.test(input)) {
    return no('The URL must not hold blanks, control characters or backslashes.');
  }
  const scheme = /^(https?):\/\//i.exec(input);
  if (scheme === null) return no('The URL must begin with https:// or http://.');
  const url = URL.parse(input);
  if (url === null) return no('This is not a URL that can be read.');
  const authority = input.slice(scheme[0].length).split(/[/?#]/, 1)[0] ?? '';
  if (authority.includes('@') || url.username !== '' || url.password !== '') {
    return no('The URL must not hold a user name or a password.');
  }
  const door = doorOf(url);
  if (refusedPorts.has(door.port) && !allow.names(door)) {
    return no(`Port ${door.port} is not one that is called over HTTP. Use 443 or another.`);
  }
  if (isIP(door.host) !== 0) {
    if (isPublicAddress(door.host) || allow.permits(door, door.host)) return ok(url);
    return no(privateSentence);
  }
  const name = door.host.replace(/\.$/, '');
  // No public host has a name of a single label.
  const isPrivate = !name.includes('.') || privateNames.test(name);
  if (isPrivate && !allow.mightPermit(door.port)) return no(privateSentence);
  return ok(url);
}

const privateSentence = [
  'The URL points to a private, local or reserved address.',
  'Use a public one, or ask the operator to list it in WATCHWORD_EGRESS_ALLOW.',
].join(' ');

/** Host and port of a parsed URL: default ports filled in, brackets taken off. */
export function doorOf(url: URL): Door {
  const isTls = url.protocol === 'https:';
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return { host, port };
}
