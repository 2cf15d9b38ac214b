/** Where something hostile can stand in a body, and how it is put there. */
export type Place = readonly (string | number)[];

/** Every place of a value, itself first. */
export function placesOf(value: unknown, place: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [place];
  const names = Array.isArray(value) ? value.keys() : Object.keys(value);
  return [
    place,
    ...[...names].flatMap((name) => placesOf(value[name as keyof typeof value], [...place, name])),
  ];
}

export function valueAt(value: unknown, place: Place): unknown {
  return place.reduce((inner, name) => (inner as Record<string, unknown>)[name], value);
}

export function pointerOf(place: Place): string {
  return place.map((name) => `/${name}`).join('');
}

/** The body as text, with a JSON text of the caller's choice in one place. */
export function textWith(body: unknown, place: Place, json: string): string {
  const marker = 'the hostile value stands here';
  if (place.length === 0) return json;
  const copy = structuredClone(body);
  (valueAt(copy, place.slice(0, -1)) as Record<string, unknown>)[place.at(-1) ?? ''] = marker;
  return JSON.stringify(copy).replace(`"${marker}"`, () => json);
}

const togetherMax = 12;

/** A few requests at a time; the first that breaks a promise ends it. */
export async function inTurns<Item>(items: readonly Item[], run: (item: Item) => Promise<void>) {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: togetherMax }, async () => {
      for (const item of rest) await run(item);
    }),
  );
}
