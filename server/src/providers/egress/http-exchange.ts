import type { AnswerHeaders } from './answer-head.ts';

/** One HTTP request, ready for the wire. */
export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, already encoded. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

/**
 * What came of it. `not_sent` is certain: no byte of the request left. After `lost`, nobody can
 * tell whether the other side acted on it. `reason` is a public sentence without any address.
 */
export type OutboundAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: AnswerHeaders;
      readonly body: string;
      /** The answer was longer than the bound, or broke off; `body` is its beginning. */
      readonly isCutShort: boolean;
    }
  | { readonly kind: 'not_sent'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

/** More of an answer is never read; every gateway in use says what it has to say in 2 KiB. */
export const answerBytesMax = 65_536;

export interface OutboundOrigin {
  request(request: OutboundRequest): Promise<OutboundAnswer>;
  close(): Promise<void>;
}
