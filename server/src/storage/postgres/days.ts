/**
 * The days that history is kept by. An id begins with its moment, so it says which partition its
 * row lies in; partitions are addressed by name, because a statement on the whole table would lock
 * all ninety of them, or be planned anew each time.
 */
import { formatId, headAt, headOf, headsPerMs, type IdPrefix } from '#domain/id.ts';

export type HistoryTable = 'verification' | 'delivery';

export const dayMs = 86_400_000;
const headsPerDay = dayMs * headsPerMs;
const anyMomentMs = 2 ** 41;
/** The first day that an id can name, in days since 1970. */
const firstDay = Math.floor((anyMomentMs - headAt(anyMomentMs) / headsPerMs) / dayMs);

const prefixes = { verification: 'vf', delivery: 'dl' } as const satisfies Record<
  HistoryTable,
  IdPrefix
>;

/** Days since 1970 (UTC); null for what is no id of this table. */
export function dayOfId(table: HistoryTable, id: string): number | null {
  const head = headOf(id, prefixes[table]);
  return head === null ? null : firstDay + Math.floor(head / headsPerDay);
}

/** Of an id that is known to be one: nearly all are of the same day, so most need no reading. */
export function dayOfKnownId(table: HistoryTable, id: string): number {
  const { day, low, high } = last[table];
  if (id >= low && id < high) return day;
  const found = dayOfId(table, id);
  if (found === null) throw new Error('A row has a malformed id.');
  last[table] = {
    day: found,
    low: lowestId(table, found),
    high: lowestId(table, found + 1),
  };
  return found;
}

const last = {
  verification: { day: 0, low: '', high: '' },
  delivery: { day: 0, low: '', high: '' },
};

export function dayAt(timeMs: number): number {
  return Math.floor(timeMs / dayMs);
}

/** What every id of this day or a later one is not below. */
export function lowestId(table: HistoryTable, day: number): string {
  return `${prefixes[table]}_${lowestHead(day)}`;
}

/** How the ids of a day begin at the earliest, without the prefix. */
export function lowestHead(day: number): string {
  const id = formatId('vf', headAt(day * dayMs), new Uint8Array());
  return id.slice(3, 14);
}

export function partitionOf(table: HistoryTable, day: number): string {
  return `${table}_${day}`;
}
