/** Every scope that the vendor names. Only `otp` opens something here. */
export const scopeNames: readonly string[] = [
  'sms',
  'groups',
  'templates',
  'numbers',
  'originators',
  'shortlinks',
  'attachments',
  'viber',
  'whatsapp',
  'otp',
];

/** Words between blanks, case mattering (RFC 6749 section 3.3); null with one that is not there. */
export function readScopes(text: string): readonly string[] | null {
  const words = text.split(' ').filter((word) => word !== '');
  return words.every((word) => scopeNames.includes(word)) ? [...new Set(words)] : null;
}
