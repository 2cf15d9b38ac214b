import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '#api/problem.ts';

/**
 * Who may talk to the virtual phone. It asks for no credential, so what protects it is that only
 * its own page, on this machine or at the public URL, may read it or make it act:
 *
 * 1. The Host header names the public URL's host, or a loopback name or address with our port. A
 *    page of another site whose name was made to resolve here (DNS rebinding) sends its own name.
 * 2. Another site's page gets no data, and holds no stream open: where a browser says in
 *    Sec-Fetch-Site that the request comes from elsewhere, it is refused.
 * 3. What changes something must be shown to come from our own page: by Sec-Fetch-Site, or, for
 *    addresses that browsers send no such header to, by the Origin.
 */
export interface GuardedRequest {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly publicUrl: string;
  readonly localPort: number | undefined;
}

/**
 * The sentence to refuse with, or null. `isPage` is true for what people reach by a link from
 * elsewhere: the page itself, which holds no data.
 */
export function refuseStranger(request: GuardedRequest, isPage: boolean): string | null {
  if (!isOwnHost(request)) {
    return (
      `The virtual phone answers at ${request.publicUrl} only. ` +
      'Open it there, or set WATCHWORD_PUBLIC_URL to the address you use.'
    );
  }
  if (request.method === 'GET' || request.method === 'HEAD') {
    const { fetchSite } = request;
    const isOwn = fetchSite === undefined || fetchSite === 'same-origin' || fetchSite === 'none';
    return isPage || isOwn ? null : 'Only the page of the virtual phone may read this.';
  }
  const isOwn =
    request.fetchSite === undefined ? isOwnOrigin(request) : request.fetchSite === 'same-origin';
  return isOwn
    ? null
    : 'Only the page of the virtual phone may do this. From a program, call /v1 with an API key.';
}

/** The same as a hook. Answers 403, whose text is all that a stranger gets to see. */
export function guardWith(publicUrl: () => string, isPage: (path: string) => boolean) {
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply | undefined> => {
    const detail = refuseStranger(
      {
        method: request.method,
        host: request.headers.host,
        origin: request.headers.origin,
        fetchSite: headerOf(request.headers['sec-fetch-site']),
        publicUrl: publicUrl(),
        localPort: request.socket.localPort,
      },
      isPage(request.routeOptions.url ?? ''),
    );
    if (detail === null) return undefined;
    return sendProblem(reply, 'forbidden', detail);
  };
}

function isOwnHost({ host, publicUrl, localPort }: GuardedRequest): boolean {
  const own = new URL(publicUrl);
  const asked = hostUrl(host, own.protocol);
  if (asked === null) return false;
  if (asked.host === own.host) return true;
  const port = portOf(asked);
  return isLoopback(asked.hostname) && (port === localPort || port === portOf(own));
}

function isOwnOrigin({ origin, host, publicUrl }: GuardedRequest): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false;
  const from = new URL(origin).origin;
  // The host was found to be our own before this is asked.
  return from === new URL(publicUrl).origin || from === hostUrl(host, 'http:')?.origin;
}

/** A Host header (RFC 9110 7.2) as a URL; null when it is more or less than a host and a port. */
function hostUrl(host: string | undefined, protocol: string): URL | null {
  if (host === undefined || !/^[a-z0-9.:[\]-]{1,255}$/i.test(host)) return null;
  const text = `${protocol}//${host}`;
  return URL.canParse(text) ? new URL(text) : null;
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

// Names under .localhost never leave the machine (RFC 6761 6.3).
function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
