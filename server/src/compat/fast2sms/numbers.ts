/** A ten-digit mobile number of India in canonical form; null for everything else. */
export function readIndianMobile(word: string): string | null {
  const digits = word.trim();
  return /^[6-9][0-9]{9}$/.test(digits) ? `+91${digits}` : null;
}
