import type { Recipient } from '#domain/recipient.ts';
import type { Result } from '#domain/refusal.ts';

/** How a person is reached. A new channel is one file beside this one and a line in `index.ts`. */
export type ChannelName = 'sms' | 'email' | 'voice' | 'whatsapp' | 'zalo';

/**
 * What sort of text a channel carries: it decides which built-in wording the channel gets, and
 * that only `mail` has a subject and an HTML part.
 */
export type Carriage = 'text' | 'speech' | 'mail';

/** What a template or an inline text came to, before the channel has its say. */
export interface ComposedText {
  readonly text: string;
  readonly subject: string | null;
  readonly html: string | null;
}

/** What is handed to a provider: final text, and how many parts it is billed as. */
export interface ChannelContent extends ComposedText {
  /** Segments of an SMS; 1 on every other channel. */
  readonly parts: number;
}

export interface Channel {
  readonly name: ChannelName;
  readonly carries: Carriage;
  /** Refuses a destination this channel cannot reach: an e-mail address for sms, a landline, … */
  accepts(destination: Recipient): Result<null>;
  /**
   * Turns a composed text into what is carried: segments counted, digits spelled for speech, …
   * Refuses with `template_invalid` what is too long; a template is tried with its longest values
   * when it is saved, so this is met at sending only by a text of the request's own.
   */
  shape(composed: ComposedText, code: string): Result<ChannelContent>;
}
