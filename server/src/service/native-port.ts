import type { NamedLimit } from '#domain/refusal.ts';
import type { Caller, IdempotencyKey } from '#service/service.ts';

/**
 * The calls of `/v1` that act on verifications, for a door that takes them over another transport:
 * the fields are read by the same schemas, and the answers and errors have the same words. `api/`
 * owns those words and makes this; a door knows no more of them than stands here.
 */
export interface NativeCalls {
  /** Throws `StorageUnavailable` or `NoRoomToSend` where the same will work later. */
  call(asked: NativeCall): Promise<NativeAnswer>;
  /** What is answered to a command that is none. */
  refuse(mistake: NativeMistake): NativeError;
  /** Of all calls. */
  readonly fieldNames: readonly string[];
}

export type NativeCallName = (typeof nativeCallNames)[number];
export const nativeCallNames = ['start', 'check', 'resend', 'cancel'] as const;

export interface NativeCall {
  readonly caller: Caller;
  readonly name: NativeCallName;
  /** The fields of the call's body and, but for a start, the verification's `id`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** How long they were as they came, for the bounds that bodies have. */
  readonly bytes: number;
  readonly key: IdempotencyKey;
}

/** Why something is no command. */
export interface NativeMistake {
  readonly code: 'body_too_large' | 'not_json' | 'request_invalid';
  readonly detail: string;
  /** The field that is wrong; absent where it is none alone. */
  readonly pointer?: string;
}

export type NativeAnswer =
  | {
      readonly ok: true;
      /** As JSON: what `/v1` answers for it. */
      readonly verification: object;
      /** What one guess came to; null for the other calls. */
      readonly verdict: NativeVerdict | null;
    }
  | { readonly ok: false; readonly error: NativeError };

export interface NativeVerdict {
  readonly approved: boolean;
  readonly reason: string | null;
  /** There on approval only. */
  readonly proof?: string;
}

/** A row of the table of `/v1`'s errors, with the sentences about this call. */
export interface NativeError {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
  readonly limit?: NamedLimit;
  readonly retryAfterSeconds?: number;
}
