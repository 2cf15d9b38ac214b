/**
 * A balance: how many messages an application may still hand over. Each message of a start or
 * resend takes one, in the same step, whatever becomes of it afterwards; so no race and no crash
 * hands over more than there were.
 *
 * What is taken is counted beside the money of a day, under a scope that the moment of the setting
 * names. A balance that is set anew has a new scope, so it begins without anything being reset.
 */
import { type Refusal, refuse } from '#domain/refusal.ts';

export interface Balance {
  /** What may be handed over from the moment on at which it was set. */
  readonly messages: number;
  readonly setAtMs?: number;
}

export const balanceMessagesMax = 1_000_000_000;

/** Sums are kept in millionths; the unit here is one message. */
export const microsPerMessage = 1_000_000;

/** The unit in the place of a currency, which no provider's price can have. */
export const balanceUnit = 'messages';

const scopePrefix = 'balance:';

export function balanceScope({ setAtMs = 0 }: Balance): string {
  return `${scopePrefix}${setAtMs}`;
}

export function isBalanceScope(scope: string): boolean {
  return scope.startsWith(scopePrefix);
}

/** What is left when so much was taken. */
export function messagesLeft({ messages }: Balance, takenMicros: number): number {
  return Math.max(0, messages - takenMicros / microsPerMessage);
}

export function refuseBalance(): Refusal {
  const result = refuse(
    'balance_exhausted',
    'The application has no balance left for the message. Set its "balance" anew, or to null.',
  );
  return result.error;
}
