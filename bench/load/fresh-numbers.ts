/**
 * Numbers that no load used before, so no limit of a recipient refuses one. They are mobile numbers
 * with eight free digits, valid to every parser, in an order that looks random: neighbours in time
 * are no neighbours in an index, as with real recipients.
 */
import type { NumberCountry } from './protocol.ts';

const numbersMax = 100_000_000;
/** Shares no factor with the count of numbers, so each comes once before any comes twice. */
const stride = 61_803_399;

const beginnings: Readonly<Record<NumberCountry, string>> = { DE: '49151', IN: '9198' };

/** Each begins with a calling code of two digits. */
export type FreshNumber = (country?: NumberCountry) => string;

export function createFreshNumbers(first: number): FreshNumber {
  let at = first % numbersMax;
  return (country = 'DE') => {
    at = (at + stride) % numbersMax;
    return `${beginnings[country]}${String(at).padStart(8, '0')}`;
  };
}

/** As it is written at home, without the calling code. */
export function nationalOf(number: string): string {
  return number.slice(2);
}
