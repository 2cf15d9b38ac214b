import { emptyLedger, isForgettable, type Ledger, sprayWindowMs } from '#domain/limits.ts';
import type { Database } from '#storage/sqlite/statement.ts';

export interface LedgerRow {
  readonly sends: string;
  readonly failures: string;
  readonly failures_since_success: number;
  readonly live: string;
}

/** A ledger as a step works on it: read, changed in memory, and written once. */
export interface KeptLedger {
  ledger: Ledger;
  /** Live key (purpose and recipient) to the id of the verification that is pending for it. */
  readonly live: Map<string, string>;
}

export type Ledgers = ReturnType<typeof createLedgers>;

/** One purpose of one recipient: at most one verification is live for it. */
export function liveKeyOf(of: { purpose: string; recipientHash: string }): string {
  return `${of.purpose}\n${of.recipientHash}`;
}

export function createLedgers(database: Database) {
  const read = database.prepare<LedgerRow>(
    'SELECT sends, failures, failures_since_success, live FROM ledger ' +
      'WHERE application = ? AND key = ?',
  );
  const write = database.prepare(
    'INSERT INTO ledger (application, key, sends, failures, failures_since_success, live, ' +
      'touched_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?) ' +
      'ON CONFLICT DO UPDATE SET sends = excluded.sends, failures = excluded.failures, ' +
      'failures_since_success = excluded.failures_since_success, live = excluded.live, ' +
      'touched_at_ms = excluded.touched_at_ms',
  );
  return {
    read(application: number, key: string, nowMs: number): KeptLedger {
      const row = read.get(application, key);
      if (row === undefined) return { ledger: emptyLedger, live: new Map() };
      const kept = readLedger(row);
      // What may be forgotten counts as forgotten, however far the purge has come.
      if (isForgettable(kept.ledger, nowMs)) kept.ledger = emptyLedger;
      return kept;
    },
    write(application: number, key: string, kept: KeptLedger, nowMs: number): void {
      const { ledger, live } = kept;
      write.run(
        application,
        key,
        JSON.stringify(ledger.sendsAtMs),
        JSON.stringify(ledger.failuresAtMs),
        ledger.failuresSinceSuccess,
        JSON.stringify([...live]),
        nowMs,
      );
    },
  };
}

export function readLedger(row: LedgerRow): KeptLedger {
  return {
    ledger: {
      sendsAtMs: readTimes(row.sends),
      failuresAtMs: readTimes(row.failures),
      failuresSinceSuccess: row.failures_since_success,
    },
    live: readLive(row.live),
  };
}

function readTimes(json: string): number[] {
  return json === '[]' ? [] : (JSON.parse(json) as number[]);
}

function readLive(json: string): Map<string, string> {
  return json === '[]' ? new Map() : new Map(JSON.parse(json) as [string, string][]);
}

export function createTallies(database: Database) {
  const add = database.prepare(
    'INSERT INTO tally (slot, application, wrong, right) VALUES (?, ?, ?, ?) ' +
      'ON CONFLICT DO UPDATE SET wrong = wrong + excluded.wrong, right = right + excluded.right',
  );
  const sum = database.prepare<{ wrong: number | null; right: number | null }>(
    'SELECT sum(wrong) AS wrong, sum(right) AS right FROM tally ' +
      'WHERE slot IN (?, ?) AND application = ?',
  );
  return {
    add(application: number, isRight: boolean, nowMs: number): void {
      add.run(slotAt(nowMs), application, isRight ? 0 : 1, isRight ? 1 : 0);
    },
    /** The window under way and the one before it: never less than the whole last window. */
    recent(application: number, nowMs: number): { wrong: number; right: number } {
      const slot = slotAt(nowMs);
      const row = sum.get(slot, slot - 1, application);
      return { wrong: row?.wrong ?? 0, right: row?.right ?? 0 };
    },
  };
}

export function slotAt(nowMs: number): number {
  return Math.floor(nowMs / sprayWindowMs);
}
