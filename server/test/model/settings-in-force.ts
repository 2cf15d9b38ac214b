/** Settings as the API takes them, and the largest ones that a sequence ever had. */
import type { Settings } from './model.ts';

export interface Extremes {
  readonly hourMax: number;
  readonly dayMax: number;
  /** Null when there was no budget at some time. */
  readonly budgetCents: number | null;
}

export function createExtremes(): { enter(settings: Settings): void; get(): Extremes } {
  const entered: Settings[] = [];
  return {
    enter: (settings) => void entered.push(settings),
    get() {
      const budgets = entered.map(({ dailyBudgetCents }) => dailyBudgetCents);
      return {
        hourMax: Math.max(...entered.map((one) => one.recipientSendsHourMax)),
        dayMax: Math.max(...entered.map((one) => one.recipientSendsDayMax)),
        budgetCents: budgets.includes(null)
          ? null
          : Math.max(...budgets.map((cents) => cents ?? 0)),
      };
    },
  };
}

export function patchFor(settings: Partial<Settings>): Record<string, unknown> {
  const {
    codeLength,
    dailyBudgetCents: cents,
    recipientSendIntervalSeconds,
    recipientSendsHourMax,
    recipientSendsDayMax,
    capillaryStartsHourMax,
    capillaryChecksMax,
    pegaChecksMax,
    pegaLifetimeSeconds,
    flowxCodeLength: _,
    ...rest
  } = settings;
  const limits = { recipientSendIntervalSeconds, recipientSendsHourMax, recipientSendsDayMax };
  const budget =
    cents === null || cents === undefined
      ? cents
      : { amount: (cents / 100).toFixed(2), currency: 'EUR' };
  const code = codeLength === undefined ? undefined : { length: codeLength };
  const capillary = {
    otpRateLimitOneHour: capillaryStartsHourMax,
    ...(capillaryChecksMax === undefined
      ? {}
      : {
          validateRateLimitEnabled: capillaryChecksMax > 0,
          validateRateLimitCount: Math.max(1, capillaryChecksMax),
        }),
  };
  const pega = {
    maximumFailedAttempts: pegaChecksMax,
    maximumTokenAgeSeconds: pegaLifetimeSeconds,
  };
  return { ...rest, limits, code, dailyBudget: budget, facades: { capillary, pega } };
}
