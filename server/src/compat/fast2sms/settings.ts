/**
 * What the vendor's panel would hold for an account, in the application's settings under
 * `facades.fast2sms`.
 */

import type { OwnSettings } from '#domain/facade-settings.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { templateNamePattern } from '#domain/template.ts';

export interface Fast2smsSettings {
  /** Templates of managed OTP: the vendor's id to the name of one of the application's. */
  readonly otpTemplates: Readonly<Record<string, string>>;
}

const idPattern = /^[0-9A-Za-z]{1,32}$/;
const idsMax = 200;

export function settingsOf(own: OwnSettings | undefined): Fast2smsSettings {
  const { otpTemplates = {} } = (own ?? {}) as Partial<Fast2smsSettings>;
  return { otpTemplates };
}

export function readSettings(before: OwnSettings, patch: OwnSettings): Result<OwnSettings> {
  const after: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    if (name !== 'otpTemplates') {
      return mistake(name, 'The façade fast2sms has the setting "otpTemplates".');
    }
    if (value === undefined) continue;
    if (value === null) {
      delete after[name];
      continue;
    }
    if (!isTemplates(value)) {
      return mistake(
        name,
        `"${name}" is an object from ids of at most 32 letters and digits to names of templates, ` +
          `${idsMax} of them at most.`,
      );
    }
    after[name] = value;
  }
  return ok(after);
}

function isTemplates(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length <= idsMax &&
    Object.entries(value).every(
      ([id, name]) =>
        idPattern.test(id) && typeof name === 'string' && templateNamePattern.test(name),
    )
  );
}

function mistake(name: string, detail: string): Result<never> {
  return refuse('request_invalid', detail, { pointer: `/${name}` });
}
