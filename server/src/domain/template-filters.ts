/**
 * The filters a template may use. Each is total: a value that is missing stays missing, so that
 * the text is refused, unless `default` fills it.
 */
export type FilterArguments = readonly (string | number)[];
export type Filter = (value: string | undefined, args: FilterArguments) => string | undefined;

export const filters: Readonly<Record<string, Filter>> = {
  upcase: (value) => value?.toUpperCase(),
  downcase: (value) => value?.toLowerCase(),
  capitalize: (value) => value?.replace(/^./u, (first) => first.toUpperCase()),
  truncate: (value, [max = 50, ellipsis = '...']) =>
    value === undefined ? undefined : truncate(value, Number(max), String(ellipsis)),
  default: (value, [fallback = '']) => (value ? value : String(fallback)),
  // HTML escapes every value at the end, and plain text wants none escaped: the filter is
  // understood because people write it, and has nothing left to do.
  escape: (value) => value,
};

/** Cuts between characters, never inside one; the ellipsis counts, as it does in Liquid. */
function truncate(value: string, max: number, ellipsis: string): string {
  const characters = [...value];
  if (characters.length <= max) return value;
  return characters.slice(0, Math.max(0, max - [...ellipsis].length)).join('') + ellipsis;
}
