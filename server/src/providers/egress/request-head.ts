import type { OutboundRequest } from './http-exchange.ts';

/** What frames the message or belongs to the connection is set here alone (RFC 9110 7.6). */
const ownNames: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const fieldValue = /^[\t\x20-\x7e]*$/;
const targetPattern = /^\/[\x21-\x7e]*$/;

/**
 * A request as it goes over the wire, head and body in one text, so that one write sends both. Null
 * where it holds what HTTP cannot carry: a line break in a header would begin another one.
 */
export function writeRequest(
  host: string,
  { method, target, headers, body }: Omit<OutboundRequest, 'signal'>,
): string | null {
  if (!targetPattern.test(target)) return null;
  let text = `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (const name in headers) {
    const value = headers[name] ?? '';
    if (!fieldName.test(name) || !fieldValue.test(value)) return null;
    if (ownNames.has(name.toLowerCase())) return null;
    text += `${name}: ${value}\r\n`;
  }
  // RFC 9110 section 8.6: a method that expects content says so even when there is none.
  if (body !== null) text += `content-length: ${Buffer.byteLength(body)}\r\n`;
  else if (method !== 'GET' && method !== 'DELETE') text += 'content-length: 0\r\n';
  return `${text}\r\n${body ?? ''}`;
}
