/** Where CLDR's word is not the usual one of two letters (ISO 639-1). */
const twoLetters: Readonly<Record<string, string>> = { nb: 'no', fil: 'tl' };

const known = new Map<string | null, string>();

/**
 * The language that most people of a number's country read: what the vendor chooses texts by. It is
 * the likely one of CLDR (Unicode TS 35, likely subtags), which every Node has: `fr` for France,
 * `de` for Switzerland. English where a country code belongs to no single country.
 */
export function languageOfCountry(country: string | null): string {
  const found = known.get(country);
  if (found !== undefined) return found;
  const language = country === null ? 'en' : likelyLanguage(country);
  known.set(country, language);
  return language;
}

function likelyLanguage(country: string): string {
  const { language } = new Intl.Locale('und', { region: country }).maximize();
  return twoLetters[language] ?? (language === 'und' ? 'en' : language);
}
