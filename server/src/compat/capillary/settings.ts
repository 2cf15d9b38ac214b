import { type Action, actions } from '#compat/capillary/actions.ts';
import { changeOwnSettings, isMap, isWholeIn, type SettingRule } from '#compat/read-options.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import type { OwnSettings } from '#domain/facade-settings.ts';
import type { Result } from '#domain/refusal.ts';
import { templateNamePattern } from '#domain/template.ts';
import { createDoor } from '#service/door.ts';

/** What an organisation sets for the vendor's OTP. */
export interface CapillarySettings {
  /** `CONF_OTP_RATE_LIMIT_ONE_HOUR`: generates per recipient, rolling 60 minutes. */
  readonly otpRateLimitOneHour: number;
  /** `CONF_OTP_VALIDATE_RATE_LIMIT_ENABLED`. */
  readonly validateRateLimitEnabled: boolean;
  /** `CONF_OTP_VALIDATE_RATE_LIMIT_MINUTE`: the window, rolling. */
  readonly validateRateLimitMinutes: number;
  /** `CONF_OTP_VALIDATE_RATE_LIMIT_COUNT`: validates per recipient and window. */
  readonly validateRateLimitCount: number;
  /** The name of the template that an action has, where it has one of its own. */
  readonly templates: Readonly<Partial<Record<Action, string>>>;
}

const defaults: CapillarySettings = {
  otpRateLimitOneHour: 1_000,
  validateRateLimitEnabled: false,
  validateRateLimitMinutes: 15,
  validateRateLimitCount: 5,
  templates: {},
};

export function capillarySettings({
  facades,
}: Pick<ApplicationSettings, 'facades'>): CapillarySettings {
  return { ...defaults, ...facades['capillary'] };
}

/**
 * What the vendor documents otherwise: generating again sends the same code at once, to wherever
 * the newer call says. The hour has no limit of messages, only one of calls; the sends of a day and
 * the guess budget are not the vendor's to change.
 */
export const door = createDoor('capillary', (settings) => {
  const own = capillarySettings(settings);
  return {
    secondStart: 'redirect',
    resendCode: 'same',
    resendWaitsSeconds: [0],
    sendsMax: 20,
    allowRepeatedCode: true,
    allowLandlineTexts: true,
    country: settings.country ?? 'IN',
    limits: {
      recipientSendIntervalSeconds: 0,
      recipientSendsHourMax: settings.limits.recipientSendsDayMax,
      recipientStartsHourMax: own.otpRateLimitOneHour,
      recipientChecksMax: own.validateRateLimitEnabled ? own.validateRateLimitCount : 0,
      recipientChecksWindowSeconds: own.validateRateLimitMinutes * 60,
    },
  };
});

export function readSettings(before: OwnSettings, patch: OwnSettings): Result<OwnSettings> {
  return changeOwnSettings('capillary', rules, { before, patch });
}

const rules: Readonly<Record<keyof CapillarySettings, SettingRule>> = {
  otpRateLimitOneHour: { is: isWholeIn(1, 1_000), must: 'must be a whole number, 1 to 1000' },
  validateRateLimitEnabled: {
    is: (value) => typeof value === 'boolean',
    must: 'must be true or false',
  },
  validateRateLimitMinutes: { is: isWholeIn(1, 1_440), must: 'must be a whole number, 1 to 1440' },
  validateRateLimitCount: { is: isWholeIn(1, 1_000), must: 'must be a whole number, 1 to 1000' },
  templates: {
    is: isTemplates,
    must: `maps actions to names of templates. The actions are ${actions.join(', ')}`,
  },
};

function isTemplates(value: unknown): boolean {
  return (
    isMap(value) &&
    Object.entries(value).every(
      ([action, name]) =>
        actions.some((one) => one === action) &&
        typeof name === 'string' &&
        templateNamePattern.test(name),
    )
  );
}
