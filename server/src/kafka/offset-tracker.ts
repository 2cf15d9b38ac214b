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
  state: 'open' | 'done' | 'left';
}

export interface OffsetTracker<Item extends Tracked> {
  /** Whether it is new, and so to be worked on. */
  receive(record: Item): boolean;
  finish(record: Tracked): void;
  /** It is not worked on here any more; it is new when it comes again, and not done before. */
  leave(record: Tracked): void;
  /** Forgets what was left before this offset. */
  dropLeftBefore(offset: bigint): void;
  /** The last record before the first that is not done; undefined where there is none. */
  committable(): Item | undefined;
  /** A commit of this record has arrived, or is not to be made. */
  forget(record: Item): void;
  /** Whether one is in this state. */
  has(state: 'open' | 'left'): boolean;
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

  function mark({ offset, timestamp }: Tracked, state: 'done' | 'left'): void {
    const entry = known.get(offset);
    if (entry?.record.timestamp === timestamp) entry.state = state;
  }

  return {
    receive(record) {
      const entry = known.get(record.offset);
      if (entry?.record.timestamp === record.timestamp) {
        // It was fetched by a newer membership, whose commits count.
        entry.record = record;
        if (entry.state !== 'left') return false;
        entry.state = 'open';
        return true;
      }
      if (entry !== undefined) {
        // The topic was made anew, and nothing of the old one can be committed any more.
        known.clear();
        inOrder.length = 0;
      }
      insert({ record, state: 'open' });
      return true;
    },
    finish: (record) => mark(record, 'done'),
    leave: (record) => mark(record, 'left'),
    dropLeftBefore(offset) {
      for (const [at, { state }] of known) if (at < offset && state === 'left') known.delete(at);
      const kept = inOrder.filter(({ record }) => known.has(record.offset));
      inOrder.splice(0, inOrder.length, ...kept);
    },
    committable() {
      const open = inOrder.findIndex(({ state }) => state !== 'done');
      return inOrder[(open < 0 ? inOrder.length : open) - 1]?.record;
    },
    forget({ offset }) {
      const kept = inOrder.findIndex(
        ({ record, state }) => record.offset > offset || state !== 'done',
      );
      for (const { record } of inOrder.splice(0, kept < 0 ? inOrder.length : kept)) {
        known.delete(record.offset);
      }
    },
    has: (wanted) => inOrder.some(({ state }) => state === wanted),
    size: () => inOrder.length,
  };
}
