import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { StorageUnavailable } from '#service/ports.ts';
import type { Batching } from '#storage/postgres/batch.ts';
import { isConflict, isPartitionGone } from '#storage/postgres/batch-error.ts';
import { createExchange } from '#storage/postgres/exchange.ts';
import { asStorageError } from '#storage/postgres/postgres-error.ts';
import { inTransaction } from '#storage/postgres/sql.ts';
import { createWorkingSet, type WorkingSet } from '#storage/postgres/working-set.ts';

const roundsMax = 10;
const pauseMaxMs = 20;

/** Works on rows in one transaction; begins anew when another one was first. */
export type InRounds = <Result>(
  body: (its: Batching, set: WorkingSet) => Promise<Result>,
) => Promise<Result>;

export function createRounds(pool: Pool, batching: Omit<Batching, 'exchange'>): InRounds {
  return async (body) => {
    for (let round = 1; round <= roundsMax; round++) {
      try {
        return await inTransaction(pool, (client) =>
          body(
            { ...batching, exchange: createExchange(client, false) },
            createWorkingSet(batching.shared),
          ),
        );
      } catch (error) {
        if (!isConflict(error)) throw asStorageError(error);
        if (isPartitionGone(error)) await batching.partitions.look();
        await pause(randomInt(pauseMaxMs));
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
