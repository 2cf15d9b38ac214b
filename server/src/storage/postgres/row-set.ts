/**
 * Rows of one table as a batch of steps works on them: read from the database together, changed in
 * memory one step after the other, written back together. What a failed step did is taken back.
 */
import type { Key } from '#storage/postgres/keys.ts';

/** What a step needs that was not read yet. */
export class Missing extends Error {
  readonly key: Key;

  constructor(key: Key) {
    super('A row was not read yet.');
    this.key = key;
  }
}

/** Of a row in any table. */
export interface AnyCell {
  readonly id: string;
  readonly keyOf: (id: string) => Key;
  /** The version that the database had; 0 where it had no row. */
  readonly version: number;
}

/** One row. Until it was read, nobody knows whether it is there. */
export interface Cell<Row> extends AnyCell {
  isRead: boolean;
  /** What the database had. */
  stored: Row | null;
  /** What it is now. */
  row: Row | null;
  isChanged: boolean;
  /** It comes from memory (recent-rows.ts), so nobody knows yet that the database still has it. */
  readonly isRecalled: boolean;
}

export type FullCell<Row> = Cell<Row> & { readonly row: Row };

/** A row as the database has it. */
export interface SavedRow<Row> {
  readonly id: string;
  readonly version: number;
  readonly row: Row;
}

/** What the step under way looked at and changed. */
export class Journal {
  #undo: (() => void)[] = [];
  /** A cell may be in it several times. */
  touched: AnyCell[] = [];

  /** Begins a step, and answers what it will have touched. */
  begin(): readonly AnyCell[] {
    this.#undo = [];
    this.touched = [];
    return this.touched;
  }

  onUndo(undo: () => void): void {
    this.#undo.push(undo);
  }

  undo(): void {
    for (const undo of this.#undo.toReversed()) undo();
  }
}

export class RowSet<Row> {
  readonly cells = new Map<string, Cell<Row>>();
  readonly #journal: Journal;
  readonly #keyOf: (id: string) => Key;

  constructor(journal: Journal, keyOf: (id: string) => Key) {
    this.#journal = journal;
    this.#keyOf = keyOf;
  }

  /** Names of every row that was looked for, to read them again. */
  keys(): Key[] {
    return [...this.cells.keys()].map(this.#keyOf);
  }

  /** What the database has. A row that was read before, or made here, stays as it is. */
  fill(id: string, version: number, row: Row | null): void {
    this.#fill(id, { version, row, isRecalled: false });
  }

  /** What the database most likely has; whether it does is found out when the batch is saved. */
  recall(id: string, version: number, row: Row): void {
    this.#fill(id, { version, row, isRecalled: true });
  }

  #fill(id: string, found: Pick<Cell<Row>, 'version' | 'row' | 'isRecalled'>): void {
    if (this.has(id)) return;
    const keyOf = this.#keyOf;
    this.cells.set(id, { ...found, id, keyOf, isRead: true, stored: found.row, isChanged: false });
  }

  has(id: string): boolean {
    const cell = this.cells.get(id);
    return cell !== undefined && isKnown(cell);
  }

  /** Null where there is none. Throws `Missing` where nobody has looked. */
  find(id: string): Row | null {
    return this.#cell(id).row;
  }

  /** Changes a row that is there. */
  change(id: string, row: Row): void {
    this.#set(this.#cell(id), row);
  }

  /**
   * Makes a row. Whether there is one already need not have been read: then the database refuses
   * the batch, it is read, and the step is done again.
   */
  insert(id: string, row: Row): void {
    let cell = this.cells.get(id);
    if (cell === undefined) {
      const empty = { version: 0, stored: null, row: null, isChanged: false, isRecalled: false };
      cell = { id, keyOf: this.#keyOf, isRead: false, ...empty };
      this.cells.set(id, cell);
    }
    if (cell.row !== null) throw new Error('A row with this id is there already.');
    this.#journal.touched.push(cell);
    this.#set(cell, row);
  }

  *changed(): Generator<FullCell<Row>> {
    for (const cell of this.cells.values()) {
      if (cell.isChanged && cell.row !== null) yield cell as FullCell<Row>;
    }
  }

  /** Rows from memory that are not written: that they are as they were has to be asked. */
  *unproven(): Generator<FullCell<Row>> {
    for (const cell of this.cells.values()) {
      if (cell.isRecalled && !cell.isChanged) yield cell as FullCell<Row>;
    }
  }

  /** Every row that is there, with the version it has after the changes were saved. */
  *savedRows(firstVersion: number): Generator<SavedRow<Row>> {
    for (const { id, row, version, isChanged } of this.cells.values()) {
      if (row === null) continue;
      if (!isChanged) yield { id, row, version };
      else yield { id, row, version: version === 0 ? firstVersion : version + 1 };
    }
  }

  #cell(id: string): Cell<Row> {
    const cell = this.cells.get(id);
    if (cell === undefined || !isKnown(cell)) throw new Missing(this.#keyOf(id));
    this.#journal.touched.push(cell);
    return cell;
  }

  #set(cell: Cell<Row>, row: Row): void {
    const { row: before, isChanged } = cell;
    this.#journal.onUndo(() => {
      cell.row = before;
      cell.isChanged = isChanged;
    });
    cell.row = row;
    cell.isChanged = true;
  }
}

function isKnown(cell: Cell<unknown>): boolean {
  return cell.isRead || cell.row !== null;
}
