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
 * 3. Where nodes take turns with the same rows, recalling is in vain and undoes a whole batch each
 *    time. So one row that was recalled in vain is a reason to read all of its kind for a while.
 *    Measured with 200 starts from one client address, by turns at two nodes: 2 conflicts, not 198.
 * 4. Rows are shared with whoever recalls them, so they are never changed in place.
 */
import type { OwedDelivery } from '#storage/postgres/delivery-columns.ts';
import type { RepeatableStep } from '#storage/postgres/idempotency-columns.ts';
import { cellOf, type Key, type KeyOf } from '#storage/postgres/keys.ts';
import type { LedgerRow } from '#storage/postgres/ledger-columns.ts';
import type { AnyCell } from '#storage/postgres/row-set.ts';
import type { WorkingSet } from '#storage/postgres/working-set.ts';
import { createRecent, type Recent, recentMax } from '#storage/steps/recent.ts';
import { deliveryBytes, ledgerBytes, verificationBytes } from '#storage/steps/row-bytes.ts';

/** An older row was more likely changed by another node, and a conflict is dearer than reading. */
const keptMs = 60_000;
/** A conflict in ten seconds costs nothing that shows, and a node that is alone recalls again. */
const pauseMs = 10_000;

/** Budgets have no version, so they are always read. */
const recalledTables = ['verification', 'delivery', 'ledger', 'idempotency'] as const;
type RecalledTable = (typeof recalledTables)[number];
type RecalledKey = KeyOf<RecalledTable>;

/**
 * The ledgers of client addresses and of recipients that wait for no code are shared by starts that
 * have nothing else in common; that of a pending verification hardly is.
 */
type Kind = RecalledTable | 'idle_ledger';

export interface RecentRows {
  /** Fills a working set with those of the rows that are known; answers which are to be read. */
  recall(set: WorkingSet, keys: readonly Key[]): readonly Key[];
  /** For a batch that was saved: what it has read and written is in the database now. */
  keep(set: WorkingSet): void;
  /** For rows that somebody else has changed, or may have. */
  forget(set: WorkingSet): void;
  /** After a conflict: these are the rows that were not as the set had them. */
  learn(set: WorkingSet, changed: ReadonlySet<AnyCell>): void;
}

export function createRecentRows(monotonicMs: () => number = () => performance.now()): RecentRows {
  const known = createKnownRows();
  const pausedUntilMs = new Map<Kind, number>();

  function isUsable(table: RecalledTable, { row, keptAtMs }: KnownRow): boolean {
    const nowMs = monotonicMs();
    return nowMs - keptAtMs <= keptMs && nowMs >= (pausedUntilMs.get(kindOf(table, row)) ?? 0);
  }

  function isFilled({ byTable }: WorkingSet, key: RecalledKey): boolean {
    const [rows, cell] = [byTable[key.table], cellOf(key)];
    if (rows.has(cell)) return true;
    const found = known[key.table].get(cell);
    if (found === undefined || !isUsable(key.table, found)) return false;
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
    learn(set, changed) {
      for (const table of recalledTables) {
        for (const cell of set.byTable[table].cells.values()) {
          if (!cell.isRecalled || !changed.has(cell)) continue;
          pausedUntilMs.set(kindOf(table, cell.stored), monotonicMs() + pauseMs);
        }
      }
    },
  };
}

interface KnownRow<Row = unknown> {
  readonly version: number;
  readonly row: Row;
  readonly keptAtMs: number;
}

/** Bounded by number and by memory: a ledger can have ten thousand moments. */
function createKnownRows(): Readonly<Record<RecalledTable, Recent<KnownRow>>> {
  const bounded = <Row>(bytesOf: (row: Row) => number) =>
    createRecent<KnownRow<Row>>(recentMax, ({ row }) => bytesOf(row));
  return {
    verification: bounded(verificationBytes),
    delivery: bounded(({ kept }: OwedDelivery) => deliveryBytes(kept)),
    ledger: bounded(ledgerBytes),
    idempotency: bounded(stepBytes),
  } as Readonly<Record<RecalledTable, Recent<KnownRow<unknown>>>>;
}

function stepBytes({ sealedAnswer }: RepeatableStep): number {
  return 500 + (sealedAnswer?.length ?? 0);
}

function kindOf(table: RecalledTable, row: unknown): Kind {
  if (table !== 'ledger') return table;
  return (row as LedgerRow).live.size === 0 ? 'idle_ledger' : 'ledger';
}
