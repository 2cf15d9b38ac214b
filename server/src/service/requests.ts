import type { ChannelName } from '#domain/channels/channel.ts';
import type { CodeAlphabet } from '#domain/code.ts';

/**
 * What a door asks of the service. Doors check the shapes (types, unknown fields); the service
 * checks everything that takes knowledge: numbers, texts, limits, what the application allows.
 * An optional field that is absent means "as the application has it".
 */
export interface StartRequest {
  /** Phone number or e-mail address, as typed. At most 320 characters. */
  readonly recipient: string;
  /** ISO 3166-1 alpha-2; reads a national number. */
  readonly country?: string;
  readonly channel?: ChannelName;
  readonly channels?: readonly ChannelRequest[];
  readonly workflow?: readonly unknown[];
  readonly purpose?: string;
  readonly template?: string;
  readonly text?: string;
  readonly language?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly variablesFrom?: VariableLookup;
  readonly code?: { readonly length?: number; readonly alphabet?: CodeAlphabet };
  readonly customCode?: string;
  readonly lifetimeSeconds?: number;
  readonly checksMax?: number;
  readonly sender?: string;
  readonly callbackUrl?: string;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly client?: ClientHints;
  readonly transaction?: Transaction;
  readonly autofill?: { readonly androidAppHash?: string; readonly webOrigin?: string };
}

/**
 * In the place of `variables`, for a door whose callers hand over more than a text prints: only the
 * names that the texts of this request ask for are looked up, and only what is found has to keep
 * the rules. It does not tell two requests apart: the idempotency key has to name the data too.
 */
export type VariableLookup = (name: string) => string | undefined;

/**
 * A channel at its own destination; without `to` at the recipient. A template or a text of its own
 * goes before those of the request.
 */
export interface ChannelRequest {
  readonly channel: ChannelName;
  readonly to?: string;
  readonly template?: string;
  readonly text?: string;
  /** Subject and HTML part belong to the text of an e-mail. */
  readonly subject?: string;
  readonly html?: string;
}

/** What the caller knows of the person's device. The address is an IPv4 or IPv6 literal. */
export interface ClientHints {
  readonly address?: string;
  readonly device?: string;
  readonly userAgent?: string;
}

/** What the code is bound to (PSD2 RTS, article 5): all three, compared exactly. */
export interface Transaction {
  readonly amount: string;
  readonly currency: string;
  readonly payee: string;
}

/** A text of the caller's own, which proves nothing: see `domain/plain-message.ts`. */
export interface MessageRequest {
  /** Phone number or e-mail address, as typed. */
  readonly recipient: string;
  readonly country?: string;
  /** One that is read, not heard; by default `email` for an e-mail address, else `sms`. */
  readonly channel?: ChannelName;
  /** Either the text as it stands, or a template of the application. */
  readonly text?: string;
  readonly template?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly variablesFrom?: VariableLookup;
  /** Subject and HTML part belong to the text of an e-mail, which has a subject. */
  readonly subject?: string;
  readonly html?: string;
  /** Refused where there are any: nothing is attached to a message. */
  readonly attachments?: readonly unknown[];
  /** The code in the text, for providers that take one as a parameter. As secret as the text. */
  readonly code?: string;
  readonly language?: string;
  readonly sender?: string;
  /** In ms since 1970; at once where it is absent. */
  readonly sendAtMs?: number;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly client?: ClientHints;
}

export interface MessageListRequest {
  readonly recipient?: string;
  readonly reference?: string;
  /** 1 to 200. */
  readonly limit: number;
  readonly cursor?: string;
}

export interface CheckRequest {
  readonly verificationId: string;
  readonly code: string;
  /** A verification for another purpose is not found; left out, any is meant. */
  readonly purpose?: string;
  /** One that began at another door is not found; left out, any is meant. */
  readonly origin?: string;
  readonly transaction?: Transaction;
  readonly client?: ClientHints;
}

export interface RecipientCheckRequest {
  readonly recipient: string;
  readonly country?: string;
  readonly purpose?: string;
  readonly code: string;
  readonly transaction?: Transaction;
  readonly client?: ClientHints;
}

/** A guess at the newest verification with a reference, of those that the rest admits. */
export interface ReferenceCheckRequest {
  readonly reference: string;
  readonly purpose?: string;
  /** The channel that it was started on. */
  readonly channel?: ChannelName;
  /** The door that it came through: `api`, `cli`, `kafka`, a façade's name. */
  readonly origin?: string;
  readonly code: string;
  readonly transaction?: Transaction;
  readonly client?: ClientHints;
}

export interface ResendRequest {
  readonly verificationId: string;
  readonly channel?: ChannelName;
}

export interface ListRequest {
  readonly status?: string;
  readonly recipient?: string;
  readonly purpose?: string;
  readonly reference?: string;
  /** 1 to 200. */
  readonly limit: number;
  readonly cursor?: string;
}
