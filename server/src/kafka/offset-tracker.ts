/**
 * Which records of one partition are done. They are done in any order, and a commit says that
 * everything before it is done: so it goes as far as the first one that is not.
 *
 * A record may come again while it is being worked on, or before its commit has arrived: a group
 * that changed begins at what is committed. It is known then, and not worked on twice.
 */

export interface Tracked {
  readonly offset: bigint;
  readonly timestamp: bigint;
}

interface Entry<Item> {
  record: Item;
  isDone: boolean;
}

export interface OffsetTracker<Item extends Tracked> {
  /** Whether it is new, and so to be worked on. */
  receive(record: Item): boolean;
  finish(record: Item): void;
  /** The last record before the first that is not done; undefined where there is none. */
  committable(): Item | undefined;
  /** A commit of this record has arrived, or is not to be made. */
  forget(record: Item): void;
  /** How many it holds. */
  size(): number;
}

export function createOffsetTracker<Item extends Tracked>(): OffsetTracker<Item> {
  const known = new Map<bigint, Entry<Item>>();
  /** By offset. Almost every record comes at the end. */
  const inOrder: Entry<Item>[] = [];

  function insert(entry: Entry<Item>): void {
    const { offset } = entry.record;
    known.set(offset, entry);
    const before = inOrder.findLastIndex(({ record }) => record.offset < offset);
    inOrder.splice(before + 1, 0, entry);
  }

  return {
    receive(record) {
      const entry = known.get(record.offset);
      if (entry?.record.timestamp === record.timestamp) {
        // It was fetched by a newer membership, whose commits count.
        entry.record = record;
        return false;
      }
      if (entry !== undefined) {
        // The topic was made anew, and nothing of the old one can be committed any more.
        known.clear();
        inOrder.length = 0;
      }
      insert({ record, isDone: false });
      return true;
    },
    finish({ offset, timestamp }) {
      const entry = known.get(offset);
      if (entry?.record.timestamp === timestamp) entry.isDone = true;
    },
    committable() {
      const open = inOrder.findIndex(({ isDone }) => !isDone);
      return inOrder[(open < 0 ? inOrder.length : open) - 1]?.record;
    },
    forget({ offset }) {
      const kept = inOrder.findIndex(({ record, isDone }) => record.offset > offset || !isDone);
      for (const { record } of inOrder.splice(0, kept < 0 ? inOrder.length : kept)) {
        known.delete(record.offset);
      }
    },
    size: () => inOrder.length,
  };
}
