import { type Action, actions } from '#compat/capillary/actions.ts';
import { createDoor } from '#compat/door.ts';
import type { ApplicationSettings } from '#domain/application.ts';
import type { OwnSettings } from '#domain/facade-settings.ts';
import { ok, type Result, refuse } from '#domain/refusal.ts';
import { templateNamePattern } from '#domain/template.ts';

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

const bounds = {
  otpRateLimitOneHour: { min: 1, max: 1_000 },
  validateRateLimitMinutes: { min: 1, max: 1_440 },
  validateRateLimitCount: { min: 1, max: 1_000 },
} as const;

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

/** `null` puts a field back to its default. */
export function readSettings(before: OwnSettings, patch: OwnSettings): Result<OwnSettings> {
  const after: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(patch)) {
    if (!Object.hasOwn(defaults, name)) {
      const known = Object.keys(defaults).join(', ');
      return mistake(name, `The façade capillary has no setting "${name}". It has ${known}.`);
    }
    if (value === undefined) continue;
    if (value === null) {
      delete after[name];
      continue;
    }
    const wrong = name === 'templates' ? wrongTemplates(value) : wrongValue(name, value);
    if (wrong !== null) return wrong;
    after[name] = value;
  }
  return ok(after);
}

function wrongValue(name: string, value: unknown): Result<never> | null {
  if (name === 'validateRateLimitEnabled') {
    return typeof value === 'boolean' ? null : mistake(name, `"${name}" must be true or false.`);
  }
  const { min, max } = bounds[name as keyof typeof bounds];
  const isFitting = Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
  return isFitting ? null : mistake(name, `"${name}" must be a whole number, ${min} to ${max}.`);
}

function wrongTemplates(value: unknown): Result<never> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return mistake('templates', '"templates" must be an object of names of templates by action.');
  }
  for (const [action, name] of Object.entries(value)) {
    const pointer = `templates/${action}`;
    if (!actions.some((one) => one === action)) {
      return mistake(pointer, `There is no such action. The actions are ${actions.join(', ')}.`);
    }
    if (typeof name !== 'string' || !templateNamePattern.test(name)) {
      return mistake(pointer, 'An action’s template is given by its name.');
    }
  }
  return null;
}

function mistake(name: string, detail: string): Result<never> {
  return refuse('request_invalid', detail, { pointer: `/${name}` });
}
