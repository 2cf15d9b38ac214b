/** What storage knows of a step that can be repeated: a part of `ports.ts`. */

/**
 * Makes a step repeatable: the same key and fingerprint find the first one's effect. A step that
 * had no effect (refused, not found, too weak, outdated) is not remembered: it may pass later. Who
 * wants it remembered says so with `keepRefusal`.
 */
export interface IdempotencyEntry {
  /** Keyed hash of application, verb and the caller's key. */
  readonly keyHash: string;
  /** Keyed hash of the request. */
  readonly fingerprint: string;
}

/** What a repeated request finds instead of being done again. */
export type Repeated =
  | { readonly kind: 'key_reused' }
  | { readonly kind: 'key_in_use' }
  | ({ readonly kind: 'repeated'; readonly sealedAnswer: string } & FirstEffect)
  /** The first one took effect, but its node died before the answer was kept. */
  | ({ readonly kind: 'unanswered' } & FirstEffect);

/** What the first request came to: its answer can be made anew from that. */
export interface FirstEffect {
  readonly verificationId: string;
  /** Null while a consumed guess is not settled; `refusedOutcome` where there was no effect. */
  readonly outcome: string | null;
}

/** What a step came to whose refusal is kept; then there is no verification either. */
export const refusedOutcome = 'refused';

export interface KeptRefusal {
  readonly applicationId: string;
  readonly entry: IdempotencyEntry;
  readonly sealedRefusal: string;
}
