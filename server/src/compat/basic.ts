/** Who a header `Authorization: Basic …` says it is, and with which secret (RFC 7617). */
export interface BasicPair {
  readonly name: string;
  readonly secret: string;
}

/** Null for what is no such header. A name ends at the first colon, and is not empty. */
export function readBasic(header: string | undefined): BasicPair | null {
  const base64 = /^Basic +([A-Za-z0-9+/_-]{1,2000}={0,2}) *$/i.exec(header ?? '')?.[1];
  if (base64 === undefined) return null;
  const pair = Buffer.from(base64, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 1 ? null : { name: pair.slice(0, colon), secret: pair.slice(colon + 1) };
}
