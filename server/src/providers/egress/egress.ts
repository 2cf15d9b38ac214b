import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
} from 'node:tls';
import type { Result } from '#domain/refusal.ts';
import { type AllowList, createAllowList, type Door } from './allow-list.ts';
import type { Connect } from './connection.ts';
import { ConnectionPool } from './connection-pool.ts';
import { createConnectGuard, openGuardedSocket, type Resolve } from './guarded-connect.ts';
import type { OutboundAnswer, OutboundOrigin, OutboundRequest } from './http-exchange.ts';
import { reasonOf } from './network-error.ts';
import { checkOutboundUrl, doorOf } from './outbound-url.ts';

/**
 * Every outbound call of the server passes here: HTTP to gateways and callbacks, sockets to mail
 * servers. The address actually connected to is checked, redirects are answers like any other and
 * never followed, no proxy is taken from the environment, and answers are bounded.
 */
export interface Egress {
  /** For the moment a URL is saved; the connection checks the address again. */
  checkUrl(url: string, pointer: string): Result<URL>;
  /** Whether the operator listed exactly this host and port. */
  isListed(door: Door): boolean;
  /** Connections of its own to one origin. Whoever opens it closes it. */
  openOrigin(url: URL, settings?: OriginSettings): OutboundOrigin;
  /** One request to any URL that `checkUrl` passed, over connections kept for a while. */
  request(url: URL, request: Omit<OutboundRequest, 'target'>): Promise<OutboundAnswer>;
  /** A connected socket without TLS; rejects with what the network or the guard said. */
  openSocket(door: Door, timeoutMs: number): Promise<Socket>;
  close(): Promise<void>;
}

export interface OriginSettings {
  readonly connectionsMax?: number;
  /** PEM certificates trusted in addition to the system's for this origin. */
  readonly certificateAuthority?: string;
  /** Longest wait for the first byte of an answer. */
  readonly answerTimeoutMs?: number;
}

export interface EgressSettings {
  /** The entries of WATCHWORD_EGRESS_ALLOW; `parseEgressAllow` tells what is wrong with them. */
  readonly allow: readonly string[];
  /** Only tests bring their own. */
  readonly resolve?: Resolve;
}

const answerTimeoutDefaultMs = 30_000;
const connectionsDefault = 10;
/** Origins that callbacks go to and that keep connections; the longest unused one makes room. */
const originsMax = 256;

export function createEgress(settings: EgressSettings): Egress {
  const allow = readAllowList(settings.allow);
  const guard = createConnectGuard(allow, settings.resolve);
  const kept = new Map<string, OutboundOrigin>();
  const openOrigin = (url: URL, origin: OriginSettings = {}): OutboundOrigin => {
    const door = doorOf(url);
    return createOrigin(url, origin, guard.refuseLiteral(door), guard.lookupFor(door));
  };
  const keptOrigin = (url: URL): OutboundOrigin => {
    const origin = kept.get(url.origin) ?? openOrigin(url);
    // A Map keeps the order of insertion: putting it back makes it the youngest.
    kept.delete(url.origin);
    kept.set(url.origin, origin);
    if (kept.size > originsMax) closeOldest(kept);
    return origin;
  };
  return {
    checkUrl: (url, pointer) => checkOutboundUrl(url, allow, pointer),
    isListed: allow.names,
    openOrigin,
    request: (url, request) =>
      keptOrigin(url).request({ ...request, target: `${url.pathname}${url.search}` }),
    openSocket: (door, timeoutMs) => openGuardedSocket(guard, door, timeoutMs),
    close: async () => {
      const open = [...kept.values()];
      kept.clear();
      await Promise.all(open.map((origin) => origin.close()));
    },
  };
}

/** Throws on a bad list: it is checked with the other settings before anything is built. */
function readAllowList(entries: readonly string[]): AllowList {
  const reading = createAllowList(entries);
  if (!reading.ok) throw new RangeError(reading.error.join(' '));
  return reading.value;
}

function closeOldest(kept: Map<string, OutboundOrigin>): void {
  for (const [name, origin] of kept) {
    kept.delete(name);
    void origin.close();
    return;
  }
}

function createOrigin(
  url: URL,
  settings: OriginSettings,
  refusal: Error | null,
  lookup: LookupFunction,
): OutboundOrigin {
  // A literal address is never looked up, so the guard in the look-up does not see it.
  if (refusal !== null) {
    const answer = { kind: 'not_sent', reason: reasonOf(refusal) } as const;
    return { request: async () => answer, close: async () => {} };
  }
  return new ConnectionPool({
    host: url.host,
    connectionsMax: settings.connectionsMax ?? connectionsDefault,
    answerTimeoutMs: settings.answerTimeoutMs ?? answerTimeoutDefaultMs,
    connect: connectorFor(url, lookup, settings.certificateAuthority),
  });
}

function connectorFor(
  url: URL,
  lookup: LookupFunction,
  certificateAuthority: string | undefined,
): Connect {
  const options = { ...doorOf(url), lookup };
  if (url.protocol === 'http:') {
    return (whenUp) => connect(options).once('connect', whenUp);
  }
  // Reading all the system's authorities takes milliseconds: once, not for each connection.
  let secureContext: SecureContext | undefined;
  // A server of several names shows the certificate of the one it is asked for (RFC 6066 3).
  const servername = isIP(options.host) === 0 ? options.host : '';
  return (whenUp) => {
    secureContext ??= createSecureContext(trusting(certificateAuthority));
    const tls = { ...options, servername, secureContext, ALPNProtocols: ['http/1.1'] };
    return connectTls(tls).once('secureConnect', whenUp);
  };
}

/** TLS options that trust one more authority; without any, Node's own defaults. */
export function trusting(certificateAuthority: string | undefined): { ca?: string[] } {
  if (certificateAuthority === undefined) return {};
  return { ca: [...getCACertificates('default'), certificateAuthority] };
}
