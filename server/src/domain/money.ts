import { ok, type Result, refuse } from '#domain/refusal.ts';

/** A decimal string and an ISO 4217 code: `{"amount": "0.0075", "currency": "USD"}`. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

const amountPattern = /^\d{1,9}(\.\d{1,6})?$/;
const microsPerUnit = 1_000_000;

/** Reads an amount with at most six decimals; `pointer` names the field in the refusal. */
export function parseMoney(input: Money, pointer: string): Result<Money> {
  if (!amountPattern.test(input.amount)) {
    return refuse(
      'request_invalid',
      'The amount must be a decimal string such as "12.50", with at most six decimals.',
      { pointer: `${pointer}/amount` },
    );
  }
  if (!/^[A-Z]{3}$/.test(input.currency)) {
    return refuse(
      'request_invalid',
      'The currency must be an ISO 4217 code of three capital letters, such as "EUR".',
      { pointer: `${pointer}/currency` },
    );
  }
  return ok({ amount: input.amount, currency: input.currency });
}

/** Millionths of a unit, as a whole number: sums of prices stay exact up to 9 × 10^9 units. */
export function toMicros(amount: string): number {
  const [whole = '0', fraction = ''] = amount.split('.');
  return Number(whole) * microsPerUnit + Number(fraction.padEnd(6, '0').slice(0, 6));
}

export function fromMicros(micros: number, currency: string): Money {
  const whole = Math.trunc(micros / microsPerUnit);
  const fraction = String(micros % microsPerUnit)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return { amount: fraction === '' ? String(whole) : `${whole}.${fraction}`, currency };
}
