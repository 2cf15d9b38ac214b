/** Statements outside the hot path: one at a time, or a few in a transaction. */
import { type ClientBase, type Pool, types } from 'pg';
import { StorageUnavailable } from '#service/ports.ts';
import { asStorageError, classifyPostgresError } from '#storage/postgres/postgres-error.ts';

type Value = string | number | boolean | null | readonly (string | number)[];

export interface Sql {
  rows<Row>(text: string, values?: readonly Value[]): Promise<readonly Row[]>;
  /** Answers how many rows it changed. */
  run(text: string, values?: readonly Value[]): Promise<number>;
}

const int8 = 20;

/** `bigint` as a number: times and micros stay far below 2^53. */
const parsers = {
  getTypeParser: ((oid: number, format: 'text' | 'binary') =>
    oid === int8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
};

export function createSql(client: Pool | ClientBase): Sql {
  async function query(text: string, values: readonly Value[] = []) {
    try {
      return await client.query({ text, values: [...values], types: parsers });
    } catch (error) {
      throw asStorageError(error);
    }
  }

  return {
    // The one place where rows get their types, which are those of the columns.
    rows: async <Row>(text: string, values?: readonly Value[]) =>
      (await query(text, values)).rows as Row[],
    run: async (text, values) => (await query(text, values)).rowCount ?? 0,
  };
}

/** Commits what `body` did, or nothing of it. Throws what `pg` threw. */
export async function inTransaction<Result>(
  pool: Pool,
  body: (client: ClientBase) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    // A look at all days is estimated to be dear; compiling it takes longer than doing it.
    await client.query('BEGIN; SET LOCAL jit = off');
    const result = await body(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    broken = await rollBack(client, error);
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Answers why the connection must not be given to anybody else, if it must not. */
async function rollBack(client: ClientBase, reason: unknown): Promise<Error | undefined> {
  // One that has stalled would have to be waited for once more.
  // What a `createSql` on this connection threw carries what `pg` said.
  const cause = reason instanceof StorageUnavailable ? reason.cause : reason;
  if (classifyPostgresError(cause).breaksConnection) return new Error('It is broken.');
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (failure) {
    return failure instanceof Error ? failure : new Error(String(failure));
  }
}
