import type { Balance } from '#domain/balance.ts';
import type { ChannelName } from '#domain/channels/channel.ts';
import type { CodeAlphabet } from '#domain/code.ts';
import type { FacadeSettings } from '#domain/facade-settings.ts';
import { defaultLimits, type SendLimits } from '#domain/limits.ts';
import type { Money } from '#domain/money.ts';
import { resendWaitsSeconds, type SecondStartRule, sendsMax } from '#domain/verification.ts';

/** The owner of credentials, templates, limits and verifications; nothing crosses to another. */
export interface Application {
  readonly id: string;
  readonly name: string;
  readonly settings: ApplicationSettings;
  readonly createdAtMs: number;
}

/** What a request does not say comes from here; what is not set here from `defaultSettings`. */
export interface ApplicationSettings {
  /** Name of the template that texts come from; null takes the built-in ones. */
  readonly template: string | null;
  readonly sender: string | null;
  /** BCP 47. */
  readonly language: string;
  readonly channel: ChannelName | null;
  /** Channels that may be used. */
  readonly channels: readonly ChannelName[];
  readonly code: { readonly alphabet: CodeAlphabet; readonly length: number };
  /** Codes of 4 and 5 characters, below what NIST SP 800-63B-4 and ASVS 6.5.4 ask. */
  readonly allowShortCodes: boolean;
  /** Null: 300 s, and 600 s for e-mail. */
  readonly lifetimeSeconds: number | null;
  /** The longest lifetime a request may ask for. Above 600 s a proof is outside NIST's bounds. */
  readonly lifetimeSecondsMax: number;
  readonly checksMax: number;
  readonly secondStart: SecondStartRule;
  /** Whether a resend carries a new code (the old one dies) or the same one again. */
  readonly resendCode: 'new' | 'same';
  /** Sends that one verification may have, the first included. */
  readonly sendsMax: number;
  /** Waiting time after the first send, the second and so on; the last one holds from there. */
  readonly resendWaitsSeconds: readonly number[];
  /** Whether a request's own text may show its code more than once; templates never do. */
  readonly allowRepeatedCode: boolean;
  /** Sends texts to numbers that the metadata has for landlines: some of those take texts. */
  readonly allowLandlineTexts: boolean;
  readonly callbackUrl: string | null;
  /** ISO 3166-1 alpha-2 codes that numbers may belong to; `"all"` allows every country. */
  readonly countries: readonly string[] | 'all';
  /** Reads national numbers when the request names no country. */
  readonly country: string | null;
  /** Most that may be spent in one UTC day; null sets no bound. */
  readonly dailyBudget: Money | null;
  readonly countryDailyBudgets: Readonly<Record<string, Money>>;
  /** How many messages may still be handed over; null sets no bound and counts nothing. */
  readonly balance: Balance | null;
  /** Providers tried in this order per channel; a channel not named here uses the server's. */
  readonly providers: Readonly<Partial<Record<ChannelName, readonly string[]>>>;
  readonly limits: SendLimits;
  readonly proofLifetimeSeconds: number;
  readonly proofIncludesRecipient: boolean;
  readonly transactionRequiredAtCheck: boolean;
  /** What a façade keeps of its own, by the façade's name; one not named has its defaults. */
  readonly facades: FacadeSettings;
}

export const allChannels: readonly ChannelName[] = ['sms', 'email', 'voice', 'whatsapp', 'zalo'];

export const defaultSettings: ApplicationSettings = {
  template: null,
  sender: null,
  language: 'en',
  channel: null,
  channels: allChannels,
  code: { alphabet: 'digits', length: 6 },
  allowShortCodes: false,
  lifetimeSeconds: null,
  lifetimeSecondsMax: 600,
  checksMax: 5,
  secondStart: 'supersede',
  resendCode: 'new',
  sendsMax,
  resendWaitsSeconds,
  allowRepeatedCode: false,
  allowLandlineTexts: false,
  callbackUrl: null,
  countries: [],
  country: null,
  dailyBudget: null,
  countryDailyBudgets: {},
  balance: null,
  providers: {},
  limits: defaultLimits,
  proofLifetimeSeconds: 300,
  proofIncludesRecipient: false,
  transactionRequiredAtCheck: false,
  facades: {},
};

/** Bounds that every door checks before a setting is kept. */
export const settingBounds = {
  lifetimeSeconds: { min: 30, max: 86_400 },
  checksMax: { min: 1, max: 10 },
  sendsMax: { min: 1, max: 20 },
  resendWaitSeconds: { min: 0, max: 3_600 },
  resendWaits: { min: 1, max: 10 },
  proofLifetimeSeconds: { min: 30, max: 3_600 },
} as const;

const lifetimeDefaultSeconds = 300;
const emailLifetimeDefaultSeconds = 600;

/**
 * A mail takes longer to be found than a text message, so its code may live longer; no default is
 * longer than the application lets a request ask for.
 */
export function lifetimeFor(
  settings: Pick<ApplicationSettings, 'lifetimeSeconds' | 'lifetimeSecondsMax'>,
  channels: readonly ChannelName[],
): number {
  if (settings.lifetimeSeconds !== null) return settings.lifetimeSeconds;
  const usual = channels.every((channel) => channel === 'email')
    ? emailLifetimeDefaultSeconds
    : lifetimeDefaultSeconds;
  return Math.min(usual, settings.lifetimeSecondsMax);
}
