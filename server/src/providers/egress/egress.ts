import type { LookupFunction, Socket } from 'node:net';
import { getCACertificates } from 'node:tls';
import { buildConnector, Pool } from 'undici';
import type { Result } from '#domain/refusal.ts';
import { type AllowList, createAllowList, type Door } from './allow-list.ts';
import { createConnectGuard, openGuardedSocket, type Resolve } from './guarded-connect.ts';
import { exchange, type OutboundAnswer, type OutboundRequest } from './http-exchange.ts';
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

export interface OutboundOrigin {
  request(request: OutboundRequest): Promise<OutboundAnswer>;
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

const connectTimeoutMs = 5_000;
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
  const connectPermitted = buildConnector({
    lookup,
    timeout: connectTimeoutMs,
    ...trusting(settings.certificateAuthority),
  });
  const answerTimeoutMs = settings.answerTimeoutMs ?? answerTimeoutDefaultMs;
  const pool = new Pool(url.origin, {
    connections: settings.connectionsMax ?? connectionsDefault,
    pipelining: 1,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    connect: (options, callback) => {
      if (refusal !== null) callback(refusal, null);
      else connectPermitted(options, callback);
    },
  });
  let closing: Promise<void> | null = null;
  return {
    request: (request) => exchange(pool, request),
    close: () => {
      closing ??= pool.close();
      return closing;
    },
  };
}

/** TLS options that trust one more authority; without any, Node's own defaults. */
export function trusting(certificateAuthority: string | undefined): { ca?: string[] } {
  if (certificateAuthority === undefined) return {};
  return { ca: [...getCACertificates('default'), certificateAuthority] };
}
