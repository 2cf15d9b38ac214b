import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { StorageUnavailable } from '#service/ports.ts';
import type { Batching } from '#storage/postgres/batch.ts';
import { isConflict, isPartitionGone } from '#storage/postgres/batch-error.ts';
import { createExchange } from '#storage/postgres/exchange.ts';
import { asStorageError } from '#storage/postgres/postgres-error.ts';
import { createSql, inTransaction, type Sql } from '#storage/postgres/sql.ts';
import { createWorkingSet, type WorkingSet } from '#storage/postgres/working-set.ts';

const roundsMax = 10;
const pauseMaxMs = 20;

/** What batches share, with all that it asks for by itself going over `sql`. */
export type BatchingBy = (sql: Sql) => Omit<Batching, 'exchange'>;

/**
 * Works on rows in one transaction; begins anew when another one was first. All that it asks the
 * database for goes by the one connection it holds: the pool may have no second one.
 */
export type InRounds = <Result>(
  body: (its: Batching, set: WorkingSet) => Promise<Result>,
) => Promise<Result>;

export function createRounds(pool: Pool, batchingBy: BatchingBy): InRounds {
  const { partitions, recent } = batchingBy(createSql(pool));
  return async (body) => {
    for (let round = 1; round <= roundsMax; round++) {
      let set: WorkingSet | null = null;
      try {
        return await inTransaction(pool, (client) => {
          const batching = batchingBy(createSql(client));
          const exchange = createExchange(client, false);
          set = createWorkingSet(batching.shared);
          return body({ ...batching, exchange }, set);
        });
      } catch (error) {
        if (!isConflict(error)) throw asStorageError(error);
        if (isPartitionGone(error)) await partitions.look();
        await pause(randomInt(pauseMaxMs));
      } finally {
        if (set !== null) recent.forget(set);
      }
    }
    throw new StorageUnavailable('Too many requests change the same at once. Try again.');
  };
}

/** A lock that ends with the transaction; false when another node has it. */
export async function tryLock({ exchange }: Batching, name: string): Promise<boolean> {
  const text = 'SELECT pg_try_advisory_xact_lock(hashtext($1))';
  const [rows] = await exchange([{ text, values: [name] }]);
  return rows?.[0]?.[0] === 't';
}
