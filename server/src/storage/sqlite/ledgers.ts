import { emptyLedger, isForgettable } from '#domain/limits.ts';
import { createNewestLedgers, nameOf } from '#storage/sqlite/newest-ledgers.ts';
import type { Database } from '#storage/sqlite/statement.ts';
import { createRecent, recentMax } from '#storage/steps/recent.ts';
import { ledgerBytes } from '#storage/steps/row-bytes.ts';
import type { KeptLedger } from '#storage/steps/tables.ts';

type LedgerRow = readonly [
  number: number,
  application: number,
  key: string,
  sends: string,
  failures: string,
  failuresSinceSuccess: number,
  live: string,
];

export type Ledgers = ReturnType<typeof createLedgers>;

/**
 * Rows are appended in the order in which recipients first appear, so what one verification reads
 * and writes within minutes lies on the same few pages; the index is written to only for ledgers
 * that are new, many at a time. Measured before that: a table sorted by the key itself wrote 5.2
 * pages for each pair of start and check, this one 3.7.
 */
export function createLedgers(database: Database) {
  const recent = createRecent<KeptLedger>(recentMax, ledgerBytes);
  const newest = createNewestLedgers(database);
  const columns = 'number, application, key, sends, failures, failures_since_success, live';
  const read = database.prepareTuples<LedgerRow>(
    `SELECT ${columns} FROM ledger WHERE is_indexed = 1 AND application = ? ` +
      'AND substr(key, 1, 8) = substr(?, 1, 8) AND key = ?',
  );
  const byNumber = database.prepareTuples<LedgerRow>(
    `SELECT ${columns} FROM ledger WHERE number = ?`,
  );
  const insert = database.prepare(
    'INSERT INTO ledger (sends, failures, failures_since_success, live, application, key, ' +
      'is_indexed) VALUES (?, ?, ?, ?, ?, ?, 0)',
  );
  const update = database.prepare(
    'UPDATE ledger SET sends = ?, failures = ?, failures_since_success = ?, live = ? ' +
      'WHERE number = ?',
  );
  const after = database.prepareTuples<LedgerRow>(
    `SELECT ${columns} FROM ledger WHERE number > ? ORDER BY number LIMIT ?`,
  );
  const remove = database.prepare('DELETE FROM ledger WHERE number = ?');

  function find(application: number, key: string): KeptLedger | null {
    const name = nameOf(application, key);
    const known = recent.get(name);
    if (known !== undefined) return known;
    const number = newest.numberOf(name);
    const row = number === undefined ? read.get(application, key, key) : byNumber.get(number);
    if (row === undefined) return null;
    const kept = toKeptLedger(row);
    recent.set(name, kept);
    return kept;
  }

  return {
    read(application: number, key: string, nowMs: number): KeptLedger {
      const found = find(application, key);
      if (found === null) {
        return { number: null, application, key, ledger: emptyLedger, live: new Map() };
      }
      // A step changes what it is given in place, and may not come to writing it.
      const kept = copyOf(found);
      // What may be forgotten counts as forgotten, however far the purge has come.
      if (isForgettable(kept.ledger, nowMs)) kept.ledger = emptyLedger;
      return kept;
    },
    write(kept: KeptLedger): void {
      const { application, key, ledger, live } = kept;
      const values = [
        JSON.stringify(ledger.sendsAtMs),
        JSON.stringify(ledger.failuresAtMs),
        ledger.failuresSinceSuccess,
        JSON.stringify([...live]),
      ] as const;
      const name = nameOf(application, key);
      const number = kept.number ?? insert.insert(...values, application, key);
      if (kept.number === null) newest.add(name, number);
      else update.run(...values, number);
      recent.set(name, { ...copyOf(kept), number });
    },
    after: (number: number, limit: number): KeptLedger[] =>
      after.all(number, limit).map(toKeptLedger),
    remove({ number, application, key }: KeptLedger): void {
      remove.run(number);
      recent.delete(nameOf(application, key));
      newest.forget();
    },
    waiting: newest.waiting,
    index: newest.index,
    forget(): void {
      recent.forget();
      newest.forget();
    },
  };
}

function copyOf(kept: KeptLedger): KeptLedger {
  return { ...kept, live: new Map(kept.live) };
}

function toKeptLedger(row: LedgerRow): KeptLedger {
  const [number, application, key, sends, failures, failuresSinceSuccess, live] = row;
  return {
    number,
    application,
    key,
    ledger: {
      sendsAtMs: readTimes(sends),
      failuresAtMs: readTimes(failures),
      failuresSinceSuccess,
    },
    live: readLive(live),
  };
}

function readTimes(json: string): number[] {
  return json === '[]' ? [] : (JSON.parse(json) as number[]);
}

function readLive(json: string): Map<string, string> {
  return json === '[]' ? new Map() : new Map(JSON.parse(json) as [string, string][]);
}
