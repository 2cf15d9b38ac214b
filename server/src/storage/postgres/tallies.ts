import { sprayWindowMs } from '#domain/limits.ts';

export interface Tally {
  readonly wrong: number;
  readonly right: number;
}

export interface TallyRow extends Tally {
  readonly slot: number;
  readonly application: number;
}

export type Tallies = ReturnType<typeof createTallies>;

export function slotAt(nowMs: number): number {
  return Math.floor(nowMs / sprayWindowMs);
}

/**
 * Wrong and right guesses of an application. What this node adds counts for it at once and is
 * written about once a second, together with reading what the others wrote: one row for every
 * application, written with each guess, would make all guesses wait for each other. So a spray over
 * several nodes is seen a second later by each, and one that began just before a crash a little
 * later still.
 */
export function createTallies() {
  let written = new Map<string, TallyRow>();
  const unwritten = new Map<string, TallyRow>();

  function recent(application: number, nowMs: number): { wrong: number; right: number } {
    const sum = { wrong: 0, right: 0 };
    // The window under way and the one before it: never less than the whole last window.
    for (const slot of [slotAt(nowMs), slotAt(nowMs) - 1]) {
      for (const rows of [written, unwritten]) {
        const row = rows.get(cell(slot, application));
        sum.wrong += row?.wrong ?? 0;
        sum.right += row?.right ?? 0;
      }
    }
    return sum;
  }

  /** What was counted since stays. */
  function drop(added: readonly TallyRow[]): void {
    for (const { slot, application, wrong, right } of added) {
      const row = unwritten.get(cell(slot, application));
      if (row === undefined) continue;
      const rest = { ...row, wrong: row.wrong - wrong, right: row.right - right };
      if (rest.wrong + rest.right <= 0) unwritten.delete(cell(slot, application));
      else unwritten.set(cell(slot, application), rest);
    }
  }

  return {
    recent,
    drop,
    add(application: number, isRight: boolean, nowMs: number): void {
      const slot = slotAt(nowMs);
      const { wrong, right } = unwritten.get(cell(slot, application)) ?? { wrong: 0, right: 0 };
      unwritten.set(cell(slot, application), {
        slot,
        application,
        wrong: wrong + (isRight ? 0 : 1),
        right: right + (isRight ? 1 : 0),
      });
    },
    /**
     * What is to be added to the database, in the order in which every node locks the rows. It
     * counts here until `refresh` tells the new sums.
     */
    unwritten: (): readonly TallyRow[] =>
      [...unwritten.values()].sort(
        (first, second) => first.slot - second.slot || first.application - second.application,
      ),
    /** `added` is in the sums that were read. */
    refresh(added: readonly TallyRow[], sums: readonly TallyRow[]): void {
      drop(added);
      written = new Map(sums.map((row) => [cell(row.slot, row.application), row]));
    },
    forget(application: number): void {
      for (const rows of [written, unwritten]) {
        for (const [key, row] of rows) if (row.application === application) rows.delete(key);
      }
    },
  };
}

function cell(slot: number, application: number): string {
  return `${slot} ${application}`;
}
