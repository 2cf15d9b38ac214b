/**
 * What can be wrong with a request before any verb is asked, in the words of the table of errors.
 * Each door gives them its own: `/v1` by that table, a façade in its vendor's shape.
 */
export type RequestFaultCode =
  | 'request_malformed'
  | 'headers_too_large'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'storage_unavailable'
  | 'internal_error';

export interface RequestFault {
  readonly code: RequestFaultCode;
  /** One or two public sentences; never hold a code, a recipient or a secret. */
  readonly detail: string;
}

/** The status of HTTP that goes with each (RFC 9110 section 15). */
export const faultStatus = {
  request_malformed: 400,
  headers_too_large: 431,
  route_not_found: 404,
  method_not_allowed: 405,
  body_too_large: 413,
  unsupported_media_type: 415,
  storage_unavailable: 503,
  internal_error: 500,
} as const satisfies Record<RequestFaultCode, number>;
