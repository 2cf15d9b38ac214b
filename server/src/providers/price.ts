import Type, { type Static } from 'typebox';
import { fromMicros, type Money, parseMoney, toMicros } from '#domain/money.ts';

/** What a message costs before it is sent: per part, by country where that differs. */
export const priceSchema = Type.Object(
  {
    /** ISO 4217. */
    currency: Type.String(),
    /** Decimal string; for countries that the table does not have. */
    perPart: Type.Optional(Type.String()),
    /** ISO 3166-1 alpha-2 to decimal string. */
    countries: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Z]{2}$' }), Type.String(), {
        additionalProperties: false,
      }),
    ),
  },
  { additionalProperties: false },
);

export type Price = Static<typeof priceSchema>;

export type Quote = (message: { country: string | null; parts: number }) => Money | null;

/** Mistakes that the schema cannot see, as sentences. */
export function priceMistakes(price: Price | undefined, subject: string): string[] {
  if (price === undefined) return [];
  const amounts: [string, string][] = Object.entries(price.countries ?? {}).map(
    ([country, amount]) => [`price.countries.${country}`, amount],
  );
  if (price.perPart !== undefined) amounts.push(['price.perPart', price.perPart]);
  const mistakes: string[] = [];
  if (!parseMoney({ amount: '0', currency: price.currency }, '').ok) {
    mistakes.push(`${subject}: "price.currency" must be three capital letters, such as "EUR".`);
  }
  for (const [key, amount] of amounts) {
    if (parseMoney({ amount, currency: 'EUR' }, '').ok) continue;
    mistakes.push(`${subject}: "${key}" must be a decimal string such as "0.0075".`);
  }
  return mistakes;
}

/** Null where neither the country nor a price for all of them is listed. */
export function createQuote(price: Price | undefined): Quote {
  if (price === undefined) return () => null;
  const { currency, perPart, countries = {} } = price;
  const byCountry = new Map(Object.entries(countries));
  return ({ country, parts }) => {
    const amount = (country === null ? undefined : byCountry.get(country)) ?? perPart;
    return amount === undefined ? null : fromMicros(toMicros(amount) * parts, currency);
  };
}
