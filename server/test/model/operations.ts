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

/** Façades: doors in another vendor's words. */
export const vendors = ['verifynow', 'smscx', 'capillary', 'fast2sms', 'pega'] as const;

export type Vendor = (typeof vendors)[number];

/** Doors that take records of a log: FlowX.AI's topics, and those of our own commands. */
export const kafkaDoors = ['flowx', 'kafka'] as const;

export type KafkaDoorName = (typeof kafkaDoors)[number];

export function isTopicDoor(door: DoorName | undefined): door is KafkaDoorName {
  return kafkaDoors.some((name) => name === door);
}

/** The virtual phone's page checks as well; it knows no keys, and neither does any vendor. */
export type DoorName = 'api' | 'phone' | Vendor | KafkaDoorName;

interface Asked {
  readonly application: ApplicationName;
  readonly door: DoorName;
  /** The Idempotency-Key, if one is sent. A record that has none is known by its place. */
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
  readonly codeLength: number | null;
  /**
   * By which the verification is found again, whether its start was answered or not. Most vendors
   * have no word for it: then it is what a list shows of such starts, and several may share it.
   */
  readonly reference: string;
  /** Who it is for, at FlowX.AI's door, which finds it again by that. */
  readonly client?: string;
}

export interface Check extends Asked {
  readonly kind: 'check';
  readonly verification: string;
  readonly code: string;
}

export interface RecipientCheck extends Asked {
  readonly kind: 'recipient-check';
  readonly recipient: string;
  readonly ledger: string;
  readonly purpose: string;
  readonly code: string;
}

/** Of whatever is the newest of a client: FlowX.AI knows a code by that and its channel. */
export interface ClientCheck extends Asked {
  readonly kind: 'client-check';
  readonly client: string;
  readonly channel: Channel;
  readonly code: string;
}

export interface Resend extends Asked {
  readonly kind: 'resend';
  readonly verification: string;
  /** One other way, or null for those of the start. */
  readonly destination: Destination | null;
}

/** Of whatever is live there: Fast2SMS knows a code by its mobile number. */
export interface RecipientResend extends Asked {
  readonly kind: 'recipient-resend';
  readonly recipient: string;
  readonly purpose: string;
}

export interface Cancel extends Asked {
  readonly kind: 'cancel';
  readonly verification: string;
}

export interface AdvanceClock {
  readonly kind: 'advance-clock';
  readonly seconds: number;
}

export type Operation =
  | Start
  | Check
  | RecipientCheck
  | ClientCheck
  | Resend
  | RecipientResend
  | Cancel
  | AdvanceClock;

export type Asking = Exclude<Operation, AdvanceClock>;

export type Status = 'pending' | 'approved' | 'failed' | 'expired' | 'canceled' | 'blocked';

export type CheckReason =
  | 'wrong_code'
  | 'expired'
  | 'too_many_checks'
  | 'already_used'
  | 'canceled';

/** What is shown of a verification, by one door or another. */
export interface View {
  readonly verification: string;
  readonly recipient: string;
  readonly status: Status;
  readonly checksMax: number;
  readonly checksWrong: number;
  readonly checksLeft: number;
  readonly sendsUsed: number;
  readonly sendsLeft: number;
  readonly lifetimeSeconds: number;
  readonly channel: string;
  readonly purpose: string;
  readonly createdAt: Span;
  readonly expiresAt: Span;
  readonly resendAllowedAt: Span | null;
  readonly finishedAt: Span | null;
  readonly deliveries: number;
}

export type Expected =
  | {
      readonly kind: 'verification';
      readonly status: 200 | 201;
      readonly view: View;
      /** Of a cancel: whether it is the one that ended it. */
      readonly isFirstAtEnd: boolean;
    }
  | {
      readonly kind: 'verdict';
      readonly view: View;
      readonly reason: CheckReason | null;
      /** Whether this check met the end first, or caused it. */
      readonly isFirstAtEnd: boolean;
    }
  | {
      readonly kind: 'problem';
      readonly status: number;
      readonly code: string;
      readonly limit: string | null;
      /** When the same may be asked again; null where nothing is said of that. */
      readonly until: Span | null;
      /** The live verification that stands in the way. */
      readonly verification: string | null;
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
  /** Calls of one lane take effect one after the other, as they were made: a topic promises it. */
  readonly lane?: string;
  /** By the machine's clock, where it is known better than for the whole history. */
  readonly span?: Span;
  /** How often a node may have died, or lost it to another one, in the middle of it. */
  readonly cutsMax?: number;
}

export interface ObservedAnswer {
  readonly status: number;
  readonly text: string;
  /** Null where nothing says so, and it may be. */
  readonly isReplayed: boolean | null;
  readonly retryAfterSeconds: number | null;
  readonly body: ObservedBody;
  /** What a vendor's answer says; absent where our own API answered. */
  readonly shown?: Shown;
}

/** A vendor's answer in the words of the model. */
export interface Shown {
  /** The vendor's own word, by which answers are counted. */
  readonly word: string;
  /** What it may stand for: vendors have one word for several of ours, and two for one. */
  readonly alternatives: readonly Facts[];
}

/** Whatever an answer does not say is left out, and not compared. */
export interface Facts {
  /** `done`, `approved`, or why not: a reason, a limit or the code of a problem. */
  readonly outcomes: readonly string[];
  /** The verification, as the vendor calls it. */
  readonly id?: string | undefined;
  readonly recipient?: string | undefined;
  readonly status?: Status | undefined;
  readonly isFirstAtEnd?: boolean;
  readonly isSentAgain?: boolean;
  readonly checksMax?: number;
  readonly checksWrong?: number;
  readonly lifetimeSeconds?: number;
  readonly deliveries?: number;
  /** To the second. */
  readonly createdAtMs?: number;
  readonly expiresAtMs?: number;
  readonly waitSeconds?: number | null;
}

/** The fields of verifications, verdicts and problems that are looked at. */
export interface ObservedBody {
  readonly id?: string;
  readonly status?: string | number;
  readonly checksLeft?: number;
  readonly sendsLeft?: number;
  readonly channel?: string;
  readonly purpose?: string;
  readonly origin?: string;
  readonly recipient?: string;
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
