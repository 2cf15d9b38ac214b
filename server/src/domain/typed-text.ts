/**
 * What people type and paste, brought to ASCII one UTF-16 unit at a time: numbers and codes arrive
 * in other scripts' digits, in full-width forms, and wrapped in blanks and marks that nobody sees.
 * Folding comes before anything is looked up or counted, so that one thing has one spelling.
 * A digit that is not listed here is no digit to us; callers refuse it.
 */

/** Code points of the zeros that keyboards produce; each is followed by its one to nine. */
const zeros = [
  0x0660, // Arabic-Indic
  0x06f0, // Persian, Urdu
  0x0966, // Devanagari
  0x09e6, // Bengali
  0x0a66, // Gurmukhi
  0x0ae6, // Gujarati
  0x0b66, // Odia
  0x0be6, // Tamil
  0x0c66, // Telugu
  0x0ce6, // Kannada
  0x0d66, // Malayalam
  0x0e50, // Thai
  0x0ed0, // Lao
  0x1040, // Burmese
  0x17e0, // Khmer
  0xff10, // full-width
];

/** The value 0 to 9 of a digit in any of the scripts above or in ASCII, or null. */
export function digitValue(unit: number): number | null {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  if (unit < 0x0660) return null;
  for (const zero of zeros) {
    if (unit >= zero && unit <= zero + 9) return unit - zero;
  }
  return null;
}

// Blanks, dashes and marks without ink. Controls are not among them: a line break is never a
// spelling of anything, and it is what header injection is made of.
const skippable =
  /[\p{Zs}\u00ad\u061c\u200b-\u2015\u202a-\u202e\u2060-\u2069\u2212\ufe63\ufeff\uff0d]/u;

/** Whether a unit is a blank, a dash or an invisible mark, which carry no meaning of their own. */
export function isBlankOrDash(unit: number): boolean {
  if (unit === 0x20 || unit === 0x2d) return true;
  return unit > 0x7f && skippable.test(String.fromCharCode(unit));
}
