import type { HistoryEvent } from '#domain/verification.ts';
import type { HistoryEntry } from '#service/records.ts';

/** As it is kept: `[atMs, event]` or `[atMs, event, detail]`, a third of the size of objects. */
type KeptEntry = [number, HistoryEvent] | [number, HistoryEvent, string];

/** No rule lets a life have this many events; the bound holds the row's size should one ever. */
const entriesMax = 64;

export function readHistory(json: string): HistoryEntry[] {
  const kept = JSON.parse(json) as KeptEntry[];
  return kept.map(([atMs, event, detail]) => ({ atMs, event, detail: detail ?? null }));
}

export function writeHistory(history: readonly HistoryEntry[]): string {
  const kept = history.map(
    ({ atMs, event, detail }): KeptEntry =>
      detail === null ? [atMs, event] : [atMs, event, detail],
  );
  return JSON.stringify(kept);
}

/** About how much memory it takes. */
export function historyBytes(history: readonly HistoryEntry[]): number {
  return history.reduce((bytes, { detail }) => bytes + 100 + (detail?.length ?? 0), 0);
}

export function withEntry(
  history: readonly HistoryEntry[],
  entry: HistoryEntry,
): readonly HistoryEntry[] {
  return [...history.slice(1 - entriesMax), entry];
}
