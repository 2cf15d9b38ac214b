/** What the test asks of a server, and what it may be answered: plain data, the same for both. */
import type { Span } from './moment.ts';

/** `own` is the development application; `other` one beside it, from which nothing may cross. */
export type ApplicationName = 'own' | 'other';

export type Channel = 'sms' | 'whatsapp' | 'email';

/** A message's way: `ledger` names the person whose limits it counts for. */
export interface Destination {
  readonly channel: Channel;
  readonly to: string;
  readonly ledger: string;
}

interface Asked {
  readonly application: ApplicationName;
  /** The Idempotency-Key, if one is sent. */
  readonly key: string | null;
}

export interface Start extends Asked {
  readonly kind: 'start';
  readonly recipient: string;
  readonly ledger: string;
  readonly destinations: readonly Destination[];
  readonly purpose: string;
  readonly customCode: string | null;
  readonly checksMax: number | null;
  readonly lifetimeSeconds: number | null;
  /** By which the verification is found again, whether its start was answered or not. */
  readonly reference: string;
}

export interface Check extends Asked {
  readonly kind: 'check';
  readonly verification: string;
  readonly code: string;
  /** The virtual phone's page checks as well; it knows no keys. */
  readonly door: 'api' | 'phone';
}

export interface RecipientCheck extends Asked {
  readonly kind: 'recipient-check';
  readonly recipient: string;
  readonly purpose: string;
  readonly code: string;
}

export interface Resend extends Asked {
  readonly kind: 'resend';
  readonly verification: string;
  /** One other way, or null for those of the start. */
  readonly destination: Destination | null;
}

export interface Cancel extends Asked {
  readonly kind: 'cancel';
  readonly verification: string;
}

export interface AdvanceClock {
  readonly kind: 'advance-clock';
  readonly seconds: number;
}

export type Operation = Start | Check | RecipientCheck | Resend | Cancel | AdvanceClock;

export type Status = 'pending' | 'approved' | 'failed' | 'expired' | 'canceled' | 'blocked';

export type CheckReason =
  | 'wrong_code'
  | 'expired'
  | 'too_many_checks'
  | 'already_used'
  | 'canceled';

/** What is shown of a verification. */
export interface View {
  readonly verification: string;
  readonly status: Status;
  readonly checksLeft: number;
  readonly sendsLeft: number;
  readonly channel: string;
  readonly purpose: string;
  readonly createdAt: Span;
  readonly expiresAt: Span;
  readonly resendAllowedAt: Span | null;
  readonly finishedAt: Span | null;
  readonly deliveries: number;
}

export type Expected =
  | { readonly kind: 'verification'; readonly status: 200 | 201; readonly view: View }
  | { readonly kind: 'verdict'; readonly view: View; readonly reason: CheckReason | null }
  | {
      readonly kind: 'problem';
      readonly status: number;
      readonly code: string;
      readonly limit: string | null;
      /** When the same may be asked again; null where nothing is said of that. */
      readonly until: Span | null;
    }
  | { readonly kind: 'replay'; readonly first: Expected }
  | { readonly kind: 'clock' };

/** One request as the client saw it; without a return it was cut off. */
export interface Call {
  readonly number: number;
  /** Which node it was sent to. */
  readonly node: number;
  readonly operation: Operation;
  /** The client's own count of everything it asked and was answered, in order. */
  readonly calledAs: number;
  readonly returnedAs: number | null;
  readonly answer: ObservedAnswer | null;
}

export interface ObservedAnswer {
  readonly status: number;
  readonly text: string;
  readonly isReplayed: boolean;
  readonly retryAfterSeconds: number | null;
  readonly body: ObservedBody;
}

/** The fields of verifications, verdicts and problems that are looked at. */
export interface ObservedBody {
  readonly id?: string;
  readonly status?: string | number;
  readonly checksLeft?: number;
  readonly sendsLeft?: number;
  readonly channel?: string;
  readonly purpose?: string;
  readonly createdAt?: string;
  readonly expiresAt?: string;
  readonly resendAllowedAt?: string | null;
  readonly finishedAt?: string | null;
  readonly deliveries?: readonly ObservedDelivery[];
  readonly reference?: string | null;
  readonly blockedReason?: string | null;
  readonly approved?: boolean;
  readonly reason?: string | null;
  readonly proof?: string | null;
  readonly code?: string;
  readonly limit?: { readonly name: string };
}

export interface ObservedDelivery {
  readonly id: string;
  readonly status: string;
  readonly cost: { readonly amount: string; readonly currency: string } | null;
}

/** What the virtual phone received. */
export interface ObservedMessage {
  readonly id: string;
  readonly verificationId: string;
  readonly recipient: string;
  readonly channel: string;
  readonly text: string;
  readonly at: string;
}
