/**
 * Rows as this node last read or wrote them, with their versions: a start and its check come back
 * to the same three rows four times.
 *
 * Rules:
 * 1. A row that was recalled is proven when the batch is saved: by the condition of its write, or
 *    by a confirmation where it is not written (save.ts). One that another node has changed fails
 *    the batch like any conflict, and is read. So nothing comes of a row that is not as it was.
 * 2. What was run in vain, or only reads, does not recall: reading is what helps the one, and for
 *    the other it is one round trip instead of two (batch.ts).
 * 3. Rows are shared with whoever recalls them, so they are never changed in place.
 */
import { cellOf, type Key, type KeyOf } from '#storage/postgres/keys.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import { createRecent, recentMax } from '#storage/steps/recent.ts';

/** An older row was more likely changed by another node, and a conflict is dearer than reading. */
const keptMs = 60_000;

/** Budgets have no version, so they are always read. */
const recalledTables = ['verification', 'delivery', 'ledger', 'idempotency'] as const;
type RecalledTable = (typeof recalledTables)[number];
type RecalledKey = KeyOf<RecalledTable>;

export interface RecentRows {
  /** Fills a working set with those of the rows that are known; answers which are to be read. */
  recall(set: WorkingSet, keys: readonly Key[]): readonly Key[];
  /** For a batch that was saved: what it has read and written is in the database now. */
  keep(set: WorkingSet): void;
  /** For rows that somebody else has changed, or may have. */
  forget(set: WorkingSet): void;
}

export function createRecentRows(monotonicMs: () => number = () => performance.now()): RecentRows {
  const known = {
    verification: createRecent<KnownRow>(recentMax),
    delivery: createRecent<KnownRow>(recentMax),
    ledger: createRecent<KnownRow>(recentMax),
    idempotency: createRecent<KnownRow>(recentMax),
  } satisfies Record<RecalledTable, unknown>;

  function isFilled({ byTable }: WorkingSet, key: RecalledKey): boolean {
    const [rows, cell] = [byTable[key.table], cellOf(key)];
    if (rows.has(cell)) return true;
    const found = known[key.table].get(cell);
    if (found === undefined || monotonicMs() - found.keptAtMs > keptMs) return false;
    rows.recall(cell, found.version, found.row);
    return true;
  }

  /** What comes along when the verification is read. */
  function familyOf({ verifications }: WorkingSet, key: KeyOf<'verification'>): RecalledKey[] {
    const kept = verifications.find(key.id);
    if (kept === null) return [];
    const { application, deliveryIds, record } = kept;
    const deliveries = key.withDeliveries ? deliveryIds : [];
    return [
      { table: 'ledger', application, key: record.ledgerKey },
      ...deliveries.map((id) => ({ table: 'delivery', id }) as const),
    ];
  }

  return {
    recall: (set, keys) =>
      keys.flatMap((key): readonly Key[] => {
        if (key.table === 'application' || key.table === 'budget') return [key];
        if (!isFilled(set, key)) return [key];
        if (key.table !== 'verification') return [];
        return familyOf(set, key).filter((its) => !isFilled(set, its));
      }),
    keep(set) {
      const keptAtMs = monotonicMs();
      for (const table of recalledTables) {
        for (const { id, row, version } of set.byTable[table].savedRows(set.firstVersion)) {
          known[table].set(id, { version, row, keptAtMs });
        }
      }
    },
    forget(set) {
      for (const table of recalledTables) {
        for (const id of set.byTable[table].cells.keys()) known[table].delete(id);
      }
    },
  };
}

interface KnownRow {
  readonly version: number;
  readonly row: unknown;
  readonly keptAtMs: number;
}
