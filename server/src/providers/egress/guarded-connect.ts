import { lookup as resolve } from 'node:dns';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { isPublicAddress } from './address-ranges.ts';
import type { AllowList, Door } from './allow-list.ts';

/**
 * Where the guard sits: between a name's resolution and the connection. A socket is given only
 * addresses that were looked at, so a name that changes its mind between two look-ups (DNS
 * rebinding) gains nothing, and a literal address, which no look-up ever sees, is checked first.
 */

/** The address was resolved, and the guard refuses it. Nothing was sent. */
export class EgressRefused extends Error {
  readonly code = 'EGRESS_REFUSED';
}

/** As `dns.lookup` with `all`; a test brings its own to play a name server that lies. */
export type Resolve = typeof resolve;

export interface ConnectGuard {
  /** Refuses a host that is itself a forbidden address; null when it may be tried. */
  refuseLiteral(door: Door): EgressRefused | null;
  /** For `net.connect` and `tls.connect`: hands over permitted addresses only. */
  lookupFor(door: Door): LookupFunction;
}

export function createConnectGuard(allow: AllowList, resolveName: Resolve = resolve): ConnectGuard {
  const isPermitted = (door: Door, address: string): boolean =>
    isPublicAddress(address) || allow.permits(door, address);
  return {
    refuseLiteral: (door) =>
      isIP(door.host) === 0 || isPermitted(door, door.host) ? null : refusal(),
    lookupFor: (door) => (hostname, options, callback) => {
      resolveName(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return callback(error, '', 0);
        const permitted = addresses.filter(({ address }) => isPermitted(door, address));
        const [first] = permitted;
        if (first === undefined) return callback(refusal(), '', 0);
        if (options.all === true) return callback(null, permitted);
        callback(null, first.address, first.family);
      });
    },
  };
}

function refusal(): EgressRefused {
  return new EgressRefused('The address is private, local or reserved.');
}

/** A connected plain socket to a permitted address, for protocols other than HTTP. */
export function openGuardedSocket(
  guard: ConnectGuard,
  door: Door,
  timeoutMs: number,
): Promise<Socket> {
  const literal = guard.refuseLiteral(door);
  if (literal !== null) return Promise.reject(literal);
  return new Promise((fulfil, reject) => {
    const socket = connect({ ...door, lookup: guard.lookupFor(door) });
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error('connect time-out'), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    const onError = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', onError);
      fulfil(socket);
    });
  });
}
