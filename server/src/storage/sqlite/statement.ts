import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

/** A prepared statement whose rows have a known shape. */
export interface Statement<Row> {
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
  /** Answers how many rows changed. */
  run(...values: SQLInputValue[]): number;
  /** Runs an INSERT and answers the number of the new row. */
  insert(...values: SQLInputValue[]): number;
}

/** What the files beside this one need of a database. */
export interface Database {
  prepare<Row = never>(sql: string): Statement<Row>;
  /** Rows come as arrays: for wide rows on the hot path, measured at half the time of objects. */
  prepareTuples<Row extends readonly unknown[]>(sql: string): Statement<Row>;
  exec(sql: string): void;
  readonly isTransaction: boolean;
  /** How many rows its statements have changed so far: one that is run changes what it answers. */
  readonly changes: number;
  /** Every statement prepared so far: a test reads their query plans. */
  readonly statements: readonly string[];
}

export function wrapDatabase(database: DatabaseSync): Database {
  const statements: string[] = [];
  let changes = 0;

  function prepare<Row>(sql: string, isTuple: boolean): Statement<Row> {
    statements.push(sql);
    const statement = database.prepare(sql);
    statement.setReturnArrays(isTuple);
    // The one place where rows get their types: tables are STRICT, so columns hold what they say.
    return {
      get: (...values) => statement.get(...values) as Row | undefined,
      all: (...values) => statement.all(...values) as Row[],
      run(...values) {
        const changed = Number(statement.run(...values).changes);
        changes += changed;
        return changed;
      },
      insert(...values) {
        const { lastInsertRowid } = statement.run(...values);
        changes++;
        return Number(lastInsertRowid);
      },
    };
  }

  return {
    prepare: (sql) => prepare(sql, false),
    prepareTuples: (sql) => prepare(sql, true),
    exec: (sql) => database.exec(sql),
    get isTransaction() {
      return database.isTransaction;
    },
    get changes() {
      return changes;
    },
    statements,
  };
}
