import type { IncomingMessage } from 'node:http';
import { headersCountMax } from '#api/connection-bounds.ts';
import type { RequestFault } from '#service/request-fault.ts';

/**
 * Of two headers of these names Node keeps the first and says nothing, while a proxy in front may
 * have looked at the second: what it let through would not be what is done here.
 */
const onceOnly = new Set(['host', 'authorization', 'content-type']);
const lengths = new Set([...onceOnly].map((name) => name.length));

/** What is wrong with the headers of a request that the parser let through, or null. */
export function refuseHeaders(
  request: Pick<IncomingMessage, 'httpVersion' | 'rawHeaders' | 'headers'>,
): RequestFault | null {
  const { rawHeaders, headers, httpVersion } = request;
  // Node leaves out what is beyond its bound, an Idempotency-Key for example, without a word.
  if (rawHeaders.length >= headersCountMax * 2) {
    return { code: 'headers_too_large', detail: `Send fewer than ${headersCountMax} headers.` };
  }
  // RFC 9112 section 3.2.
  if (headers.host === undefined && httpVersion !== '1.0') {
    return { code: 'request_malformed', detail: 'The request has no Host header.' };
  }
  let seen = '';
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const spelled = rawHeaders[index] ?? '';
    if (!lengths.has(spelled.length)) continue;
    const name = spelled.toLowerCase();
    if (!onceOnly.has(name)) continue;
    if (seen.includes(name)) {
      return { code: 'request_malformed', detail: `The request has two ${name} headers.` };
    }
    seen += ` ${name}`;
  }
  return null;
}
