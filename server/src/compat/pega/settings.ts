/**
 * What stands on Pega's Security Policies page and in its correspondence rules, in the
 * application's settings under `facades.pega`.
 */
import { changeOwnSettings, isMap, isWholeIn, type SettingRule } from '#compat/read-options.ts';
import type { OwnSettings } from '#domain/facade-settings.ts';
import type { Result } from '#domain/refusal.ts';
import { templateNamePattern } from '#domain/template.ts';

export interface PegaSettings {
  /** Guesses at one code: 1 to 3, as on that page. */
  readonly maximumFailedAttempts: number;
  /** Null leaves it to the application. */
  readonly maximumTokenAgeSeconds: number | null;
  /** From the name of a correspondence rule to the name of a template. */
  readonly correspondences: Readonly<Record<string, string>>;
}

const defaults: PegaSettings = {
  maximumFailedAttempts: 3,
  maximumTokenAgeSeconds: null,
  correspondences: {},
};
const namesMax = 200;
const correspondencePattern = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

const rules: Readonly<Record<keyof PegaSettings, SettingRule>> = {
  maximumFailedAttempts: { is: isWholeIn(1, 3), must: 'must be 1 to 3' },
  maximumTokenAgeSeconds: { is: isWholeIn(30, 600), must: 'must be 30 to 600 seconds' },
  correspondences: {
    is: isCorrespondences,
    must: `maps names of correspondence rules to names of templates, at most ${namesMax} of them`,
  },
};

export function settingsOf(own: OwnSettings | undefined): PegaSettings {
  return { ...defaults, ...own };
}

export function readSettings(before: OwnSettings, patch: OwnSettings): Result<OwnSettings> {
  return changeOwnSettings('pega', rules, { before, patch });
}

function isCorrespondences(value: unknown): boolean {
  return (
    isMap(value) &&
    Object.keys(value).length <= namesMax &&
    Object.entries(value).every(
      ([name, template]) =>
        correspondencePattern.test(name) &&
        typeof template === 'string' &&
        templateNamePattern.test(template),
    )
  );
}
