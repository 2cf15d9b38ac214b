/**
 * How rows are written: each column as one array, so that one statement writes any number of them.
 */
import { arrayParameter, type ElementType } from '#storage/postgres/array-parameter.ts';
import type { Command } from '#storage/postgres/exchange.ts';

type Value = string | number | boolean | null;

export interface Column<Row> {
  readonly name: string;
  readonly type: ElementType;
  read(row: Row): Value;
}

export function column<Row>(
  name: string,
  type: ElementType,
  read: (row: Row) => Value,
): Column<Row> {
  return { name, type, read };
}

/** A row that was read at a version, and what it is to be. */
export interface Changed<Row> {
  readonly row: Row;
  readonly version: number;
}

/** Statements over rows of one form, in a table or in one of its partitions. */
export interface Writer<Row> {
  insert(table: string, rows: readonly Row[], firstVersion: number): Command;
  /** Fails as a whole when one of the rows is not as it was read. */
  update(table: string, rows: readonly Changed<Row>[]): Command;
  /** Changes nothing, and fails when one of the rows is not as it was read. */
  confirm(table: string, rows: readonly Changed<Row>[]): Command;
}

/**
 * Rows are written in the order given, which has to be the same for everybody: locks are taken so.
 */
export function createWriter<Row>(columns: {
  readonly keys: readonly Column<Row>[];
  /** Set when the row is made, and never again. */
  readonly fixed: readonly Column<Row>[];
  readonly changing: readonly Column<Row>[];
  /** An assignment that needs no value. */
  readonly also?: string;
}): Writer<Row> {
  const all = [...columns.keys, ...columns.fixed, ...columns.changing];
  const names = all.map(({ name }) => name).join(', ');
  const written = [...columns.keys, ...columns.changing];
  const assignments = [
    'version = t.version + 1',
    ...columns.changing.map(({ name }) => `${name} = n.${name}`),
    ...(columns.also === undefined ? [] : [columns.also]),
  ];
  const condition = columns.keys.map(({ name }) => `t.${name} = n.${name}`).join(' AND ');
  // The version that was read comes as one more array.
  const version = { type: 'integer' } as const;
  const insertInto = remember(
    (table) =>
      `INSERT INTO ${table} (${names}, version) SELECT ${names}, $${all.length + 1}::integer ` +
      `FROM ${unnest(all)} AS n(${names})`,
  );
  const updateOf = remember(
    (table) =>
      `WITH changed AS (UPDATE ${table} t SET ${assignments.join(', ')} ` +
      `FROM ${unnest([...written, version])} AS ` +
      `n(${written.map(({ name }) => name).join(', ')}, version) ` +
      `WHERE ${condition} AND t.version = n.version RETURNING 1) ` +
      `SELECT CASE WHEN count(*) <> $${written.length + 2}::integer ` +
      'THEN watchword_conflict() END FROM changed',
  );
  const confirmationOf = remember(
    (table) =>
      `SELECT CASE WHEN count(*) <> $${columns.keys.length + 2}::integer ` +
      `THEN watchword_conflict() END FROM ${unnest([...columns.keys, version])} AS ` +
      `n(${columns.keys.map(({ name }) => name).join(', ')}, version) ` +
      `JOIN ${table} t ON ${condition} AND t.version = n.version`,
  );
  const valuesOf = (given: readonly Column<Row>[], rows: readonly Changed<Row>[]) => {
    const versions = rows.map((one) => one.version);
    return [
      ...arraysOf(
        given,
        rows.map(({ row }) => row),
      ),
      arrayParameter('integer', versions),
      String(rows.length),
    ];
  };
  return {
    insert(table, rows, firstVersion) {
      const values = [...arraysOf(all, rows), String(firstVersion)];
      return { text: insertInto(table), values };
    },
    update: (table, rows) => ({ text: updateOf(table), values: valuesOf(written, rows) }),
    confirm: (table, rows) => ({
      text: confirmationOf(table),
      values: valuesOf(columns.keys, rows),
    }),
  };
}

function unnest(columns: readonly { readonly type: ElementType }[]): string {
  return `unnest(${columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ')})`;
}

function arraysOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): (Buffer | null)[] {
  return columns.map(({ type, read }) => {
    const values = rows.map(read);
    // The rows of a shorter array are filled up with nulls, so one of nulls alone need not be sent.
    if (values.every((value) => value === null)) return null;
    return arrayParameter(type, values);
  });
}

/** Texts are made once for each table: a day has its own. */
function remember(make: (table: string) => string): (table: string) => string {
  const made = new Map<string, string>();
  return (table) => {
    let text = made.get(table);
    if (text === undefined) {
      if (made.size >= tablesMax) made.clear();
      text = make(table);
      made.set(table, text);
    }
    return text;
  };
}

const tablesMax = 200;
