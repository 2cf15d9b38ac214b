/**
 * What the vendor's panel would hold for an account, in the application's settings under
 * `facades.fast2sms`.
 */
import { type MessageRoute, messageRoutes } from '#compat/fast2sms/message-routes.ts';
import { changeOwnSettings, isMap, type SettingRule } from '#compat/read-options.ts';
import type { OwnSettings } from '#domain/facade-settings.ts';
import type { Result } from '#domain/refusal.ts';
import { templateNamePattern } from '#domain/template.ts';

/** A text that was approved at the vendor: `{#var#}` stands for each value. */
export interface ApprovedMessage {
  readonly text: string;
  readonly senderId: string;
}

export interface Fast2smsSettings {
  /** Templates of managed OTP: the vendor's id to the name of one of the application's. */
  readonly otpTemplates: Readonly<Record<string, string>>;
  /** Approved messages of the DLT and quick transactional routes, by their ids. */
  readonly messages: Readonly<Record<string, ApprovedMessage>>;
  /** Routes that the account may use. */
  readonly routes: readonly MessageRoute[];
  /** Whether the old call `/dev/bulk` still answers; the vendor refuses it today. */
  readonly oldApi: boolean;
}

const defaults: Fast2smsSettings = {
  otpTemplates: {},
  messages: {},
  routes: messageRoutes,
  oldApi: true,
};

const idPattern = /^[0-9A-Za-z]{1,32}$/;
export const senderIdPattern = /^[A-Za-z]{3,6}$/;
const entriesMax = 200;
const textCharactersMax = 1_000;

const rules: Readonly<Record<keyof Fast2smsSettings, SettingRule>> = {
  otpTemplates: {
    is: (value) =>
      isMapOf(value, (name) => typeof name === 'string' && templateNamePattern.test(name)),
    must: `maps ids of at most 32 letters and digits to names of templates, ${entriesMax} at most`,
  },
  messages: {
    is: (value) => isMapOf(value, isApprovedMessage),
    must:
      'maps ids of at most 32 letters and digits to {"text", "senderId"}: a text of at most ' +
      `${textCharactersMax} characters and 3 to 6 letters`,
  },
  routes: {
    is: (value) =>
      Array.isArray(value) && value.every((one) => messageRoutes.some((route) => route === one)),
    must: `is a list of some of: ${messageRoutes.join(', ')}`,
  },
  oldApi: { is: (value) => typeof value === 'boolean', must: 'must be true or false' },
};

export function settingsOf(own: OwnSettings | undefined): Fast2smsSettings {
  return { ...defaults, ...own };
}

export function readSettings(before: OwnSettings, patch: OwnSettings): Result<OwnSettings> {
  return changeOwnSettings('fast2sms', rules, { before, patch });
}

function isMapOf(value: unknown, isEntry: (entry: unknown) => boolean): boolean {
  return (
    isMap(value) &&
    Object.keys(value).length <= entriesMax &&
    Object.entries(value).every(([id, entry]) => idPattern.test(id) && isEntry(entry))
  );
}

function isApprovedMessage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { text, senderId, ...others } = value as Partial<ApprovedMessage>;
  return (
    Object.keys(others).length === 0 &&
    typeof text === 'string' &&
    text.trim() !== '' &&
    text.isWellFormed() &&
    text.length <= textCharactersMax &&
    typeof senderId === 'string' &&
    senderIdPattern.test(senderId)
  );
}
