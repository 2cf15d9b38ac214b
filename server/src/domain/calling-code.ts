import metadata from 'libphonenumber-js/max/metadata';

/** The longest that countries have (ITU-T E.164); none is the beginning of another. */
const lengthMax = 3;

/** What a number in canonical spelling begins with behind its plus, for example `91`; or null. */
export function callingCodeOf(canonical: string): string | null {
  for (let length = 1; length <= lengthMax; length += 1) {
    const code = canonical.slice(1, 1 + length);
    if (Object.hasOwn(metadata.country_calling_codes, code)) return code;
  }
  return null;
}

/**
 * Whether digits can stand before a national number: a calling code, or one of +1 together with
 * the area that tells its countries apart, such as `1242`.
 */
export function isCallingCode(digits: string): boolean {
  return /^1[2-9][0-9]{2}$/.test(digits) || callingCodeOf(`+${digits}`) === digits;
}
