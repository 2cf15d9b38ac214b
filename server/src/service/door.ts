import type { Application, ApplicationSettings } from '#domain/application.ts';
import type { SendLimits } from '#domain/limits.ts';
import type { ApprovalYield, Caller } from '#service/service.ts';

/**
 * What a vendor documents otherwise than an application has it. What protects a recipient or a
 * purse is not among it: the guess budget, the sends of a day, countries and daily budgets hold
 * through every door.
 */
export type DoorRules = Partial<
  Omit<
    ApplicationSettings,
    'limits' | 'countries' | 'dailyBudget' | 'countryDailyBudgets' | 'balance' | 'facades'
  >
> & { readonly limits?: Partial<Omit<SendLimits, 'recipientSendsDayMax'>> };

/** Who comes through a door: the application, with the vendor's rules laid over its settings. */
export type Door = (application: Application) => Caller;

/**
 * Makes a door. `rulesOf` sees the application's settings, the façade's own among them, and is
 * asked once for each reading of an application, not for each request. No vendor has proofs; what
 * its door needs besides is in `more`.
 */
export function createDoor(
  origin: string,
  rulesOf: (settings: ApplicationSettings) => DoorRules,
  more: {
    readonly approvalYields?: Exclude<ApprovalYield, 'proof'>;
    readonly keepsRefusals?: true;
    readonly waitsForRoom?: true;
  } = {},
): Door {
  const callers = new WeakMap<Application, Caller>();
  return (application) => {
    const known = callers.get(application);
    if (known !== undefined) return known;
    const { settings } = application;
    const { limits, ...rules } = rulesOf(settings);
    const laidOver = { ...settings, ...rules, limits: { ...settings.limits, ...limits } };
    const own = { ...application, settings: laidOver };
    const caller: Caller = { application: own, origin, approvalYields: 'nothing', ...more };
    callers.set(application, caller);
    return caller;
  };
}
