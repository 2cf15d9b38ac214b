/**
 * Numbers that no load used before, so no limit of a recipient refuses one. They are German mobile
 * numbers (0151 and eight digits), valid to every parser, in an order that looks random: neighbours
 * in time are no neighbours in an index, as with real recipients.
 */
const numbersMax = 100_000_000;
/** Shares no factor with the count of numbers, so each comes once before any comes twice. */
const stride = 61_803_399;

export function createFreshNumbers(first: number): () => string {
  let at = first % numbersMax;
  return () => {
    at = (at + stride) % numbersMax;
    return `49151${String(at).padStart(8, '0')}`;
  };
}
