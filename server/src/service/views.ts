import type { ChannelName } from '#domain/channels/channel.ts';
import type { DeliveryStatus } from '#domain/delivery.ts';
import type { Money } from '#domain/money.ts';
import type { CheckReason, HistoryEvent, VerificationStatus } from '#domain/verification.ts';

/** A verification as a caller may see it: recipient masked, no code. Times in ms, UTC. */
export interface VerificationView {
  readonly id: string;
  readonly status: VerificationStatus;
  readonly recipient: string;
  readonly country: string | null;
  readonly channel: ChannelName;
  readonly purpose: string;
  readonly origin: string;
  readonly checksLeft: number;
  /** The first included; nothing was sent where it is 0. */
  readonly sendsUsed: number;
  readonly sendsLeft: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly resendAllowedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly blockedReason: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly deliveries: readonly DeliveryView[];
}

/** What reading a single verification tells beyond that. */
export interface VerificationWithHistoryView extends VerificationView {
  readonly history: readonly HistoryView[];
}

/**
 * A verification as vendors' formats show it to the application whose it is: with what was asked
 * for, and the recipient in full. No other door shows this.
 */
export interface VerificationInFullView extends VerificationView {
  /** Canonical; null once retention has erased it. */
  readonly recipientInFull: string | null;
  readonly lifetimeSeconds: number;
  readonly checksMax: number;
  /** Guesses that were compared and wrong. */
  readonly checksWrong: number;
  readonly callbackUrl: string | null;
}

export type MessageStatus = DeliveryStatus | 'scheduled' | 'blocked';

/** A plain message as a caller may see it: recipient masked, and never its text. */
export interface MessageView {
  readonly id: string;
  readonly status: MessageStatus;
  readonly recipient: string;
  readonly country: string | null;
  readonly channel: ChannelName;
  readonly origin: string;
  readonly createdAtMs: number;
  /** From when on it is sent; null where a limit blocked it. */
  readonly sendAtMs: number | null;
  readonly provider: string | null;
  readonly parts: number;
  readonly cost: Money | null;
  readonly error: string | null;
  readonly blockedReason: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

export interface DeliveryView {
  readonly id: string;
  readonly channel: ChannelName;
  readonly provider: string;
  readonly status: DeliveryStatus;
  readonly parts: number;
  readonly cost: Money | null;
  /** What the provider asked beforehand: what it costs as far as is known before it is sent. */
  readonly quote: Money | null;
  readonly error: string | null;
  readonly atMs: number;
}

export interface HistoryView {
  readonly atMs: number;
  readonly event: HistoryEvent;
  readonly detail: string | null;
}

/** What a check came to. A wrong or late code is a verdict, never an error. */
export interface VerdictView extends VerificationView {
  readonly approved: boolean;
  readonly reason: CheckReason | null;
  /**
   * Whether this check met the end before any other: it ended the verification, or was the first
   * to come after its time.
   */
  readonly isFirstAtEnd: boolean;
  /** JWS in compact form (EdDSA); on approval only, and where the door hands it on. */
  readonly proof: string | null;
  /** On approval only, for a vendor's format that names it. */
  readonly recipientInFull: string | null;
}

/** What a cancel came to: canceling a canceled one changes nothing. */
export interface CanceledView extends VerificationView {
  readonly isFirstAtEnd: boolean;
}

/** The answer of a step that can be repeated under an idempotency key. */
export interface Answer<View> {
  readonly view: View;
  /** True when this is the first one's answer again and nothing was done. */
  readonly isReplay: boolean;
}
