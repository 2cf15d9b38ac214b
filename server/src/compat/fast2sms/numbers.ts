/** More than anybody sends one text to in one call of ours. */
const numbersMax = 100;

/** A ten-digit mobile number of India in canonical form; null for everything else. */
export function readIndianMobile(word: string): string | null {
  const digits = word.trim();
  return /^[6-9][0-9]{9}$/.test(digits) ? `+91${digits}` : null;
}

/** Numbers separated by commas, each once in the list; null where one of them is none. */
export function readIndianMobiles(words: string): readonly string[] | null {
  const parts = words.split(',', numbersMax + 1);
  if (parts.at(-1)?.trim() === '') parts.pop();
  if (parts.length === 0 || parts.length > numbersMax) return null;
  const numbers: string[] = [];
  for (const part of parts) {
    const number = readIndianMobile(part);
    if (number === null) return null;
    numbers.push(number);
  }
  return numbers;
}
