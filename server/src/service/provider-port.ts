import type { ChannelName } from '#domain/channels/channel.ts';
import type { Money } from '#domain/money.ts';

/** One text for one destination, final in every way: a provider only carries it. */
export interface OutboundMessage {
  /** `dl_…`; sent as an idempotency key where a provider takes one. */
  readonly deliveryId: string;
  readonly verificationId: string | null;
  readonly applicationId: string;
  readonly channel: ChannelName;
  /** E.164 number or e-mail address. */
  readonly destination: string;
  /** ISO 3166-1 of a phone number, for prices. */
  readonly country: string | null;
  readonly sender: string | null;
  readonly subject: string | null;
  readonly text: string;
  readonly html: string | null;
  /** Billed parts (SMS segments), at least 1. */
  readonly parts: number;
  /** BCP 47, for providers that ask. */
  readonly language: string;
  /** The code alone, for providers whose API takes it as a parameter; null for a plain message. */
  readonly code: string | null;
  /** An earlier hand-over of this message may have succeeded unseen (a crash or a time-out). */
  readonly isPossibleDuplicate: boolean;
}

/**
 * What became of one hand-over. `unavailable` means it certainly was not taken (refused connection,
 * 503): trying again is safe. `unknown` means nobody can tell (a time-out after the request went
 * out). `error` is public, at most 200 characters, and never holds text, code or recipient.
 */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly providerMessageId: string | null; readonly cost?: Money }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'unavailable'; readonly error: string; readonly retryAfterMs?: number }
  | { readonly kind: 'unknown'; readonly error: string };

/** What a provider's own connectivity test shows: secrets and the message's text already hidden. */
export interface SendTranscript {
  readonly request: string;
  readonly response: string;
  readonly outcome: SendOutcome;
}

/** Who carries messages on a channel. Adapters are functions that return one of these. */
export interface Provider {
  readonly name: string;
  readonly channels: readonly ChannelName[];
  /** Most hand-overs under way at once; the dispatcher keeps to it. */
  readonly concurrencyMax: number;
  /** Price of a message before it is sent, for budgets and routing; null when nobody knows. */
  quote(message: { channel: ChannelName; country: string | null; parts: number }): Money | null;
  /** Never throws for what a network or a vendor can cause; `signal` ends it at the time-out. */
  send(message: OutboundMessage, signal: AbortSignal): Promise<SendOutcome>;
  /** As `send`, and tells what went over the wire. */
  test(message: OutboundMessage, signal: AbortSignal): Promise<SendTranscript>;
  close(): Promise<void>;
}

/** What the virtual phone received. */
export interface SandboxMessage {
  readonly id: string;
  readonly recipient: string;
  readonly channel: ChannelName;
  readonly sender: string | null;
  readonly subject: string | null;
  readonly text: string;
  readonly html: string | null;
  readonly parts: number;
  readonly verificationId: string | null;
  readonly applicationId: string;
  readonly atMs: number;
}

/** Where the sandbox provider puts messages and reports receipts. */
export interface SandboxInbox {
  put(message: Omit<SandboxMessage, 'id' | 'atMs'>): Promise<SandboxMessage>;
  /** A receipt that arrives after the hand-over, as a carrier's would. */
  reportReceipt(
    deliveryId: string,
    receipt: { status: 'delivered' | 'undelivered'; error: string | null },
  ): void;
}
