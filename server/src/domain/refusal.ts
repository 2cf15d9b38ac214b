/**
 * Why a request was turned down, as a value. Everything that a caller, a carrier or a provider may
 * rightly cause is one of these; bugs are thrown. Each door gives them its own words: `/v1` by the
 * table in `api/errors.ts`, a façade by its vendor's codes.
 */
export type RefusalCode =
  // The request itself.
  | 'request_invalid'
  | 'recipient_invalid'
  | 'recipient_unsupported'
  | 'code_invalid'
  | 'template_invalid'
  | 'template_not_found'
  | 'variables_invalid'
  | 'callback_url_refused'
  | 'not_available'
  // What the application or the product allows.
  | 'channel_unavailable'
  | 'channel_not_allowed'
  | 'country_not_allowed'
  | 'limit_reached'
  | 'budget_exhausted'
  | 'balance_exhausted'
  // The state things are in.
  | 'verification_exists'
  | 'verification_not_found'
  | 'message_not_found'
  | 'verification_finished'
  | 'template_in_use'
  | 'idempotency_key_reused'
  | 'idempotency_key_in_use';

/** A limit in the words of the contract: at most `max` within `windowSeconds`. */
export interface NamedLimit {
  readonly name: string;
  readonly max: number;
  readonly windowSeconds: number;
}

export interface Refusal {
  readonly code: RefusalCode;
  /** One or two public sentences: what is wrong and what to do. Never holds a code or a secret. */
  readonly detail: string;
  /** JSON pointer (RFC 6901) to the field that is wrong, for example `/recipient`. */
  readonly pointer?: string;
  /** Present where trying again later helps; whole seconds, at least 1. */
  readonly retryAfterSeconds?: number;
  readonly limit?: NamedLimit;
  /** The one that is in the way, with `verification_exists`. */
  readonly verificationId?: string;
  /** The one that nobody carries, with `channel_unavailable`. */
  readonly channel?: string;
}

export type Result<Value, Failure = Refusal> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure };

export function ok<Value>(value: Value): { readonly ok: true; readonly value: Value } {
  return { ok: true, value };
}

export function refuse(
  code: RefusalCode,
  detail: string,
  more: Omit<Refusal, 'code' | 'detail'> = {},
): { readonly ok: false; readonly error: Refusal } {
  return { ok: false, error: { code, detail, ...more } };
}
