import type { Storage } from '#service/ports.ts';
import {
  createApplicationNumbers,
  createKnownNumbers,
} from '#storage/postgres/application-numbers.ts';
import { runBatch } from '#storage/postgres/batch.ts';
import { createClock } from '#storage/postgres/clock.ts';
import {
  openConnections,
  type PostgresConnections,
  refusedAt,
} from '#storage/postgres/connection.ts';
import { startHeartbeat } from '#storage/postgres/heartbeat.ts';
import { connectHot } from '#storage/postgres/hot-connection.ts';
import { createLane } from '#storage/postgres/lane.ts';
import { createKnownDays, createPartitions } from '#storage/postgres/partitions.ts';
import { createRecentRows } from '#storage/postgres/recent-rows.ts';
import { requireOwner } from '#storage/postgres/require-owner.ts';
import { type BatchingBy, createRounds } from '#storage/postgres/rounds.ts';
import { requireSameTime } from '#storage/postgres/same-time.ts';
import { requireSchema } from '#storage/postgres/schema-version.ts';
import { createSql } from '#storage/postgres/sql.ts';
import { createStorage } from '#storage/postgres/storage.ts';
import { createTallies } from '#storage/postgres/tallies.ts';

export { PostgresRefused } from '#storage/postgres/postgres-error.ts';

export interface PostgresStorageOptions {
  readonly url: string;
  /** A tool works beside servers and does little: it has fewer connections. */
  readonly role: 'server' | 'tool';
  /** Whether changes of a status are kept until somebody was told (`event-port.ts`). */
  readonly keepsEvents?: boolean;
}

const poolMax = { server: 8, tool: 2 } as const;

/**
 * Opens the storage in a PostgreSQL database that was migrated before; any number of nodes may have
 * it open. Rejects with `PostgresRefused`, whose message says what the operator can do.
 */
export async function openPostgresStorage(options: PostgresStorageOptions): Promise<Storage> {
  const connections = await openConnections(options.url, async (client) => {
    await requireSchema(client);
    if (options.role === 'tool') return;
    await requireOwner(client);
    await requireSameTime(client);
  });
  return openOn(connections, options);
}

async function openOn(
  connections: PostgresConnections,
  { role, keepsEvents = false }: PostgresStorageOptions,
): Promise<Storage> {
  const pool = connections.createPool(poolMax[role]);
  const sql = createSql(pool);
  const batchingBy = createBatching(keepsEvents);
  const batching = batchingBy(sql);
  const { clock, partitions, shared } = batching;
  const heartbeat = startHeartbeat(pool, { clock, tallies: shared.tallies });
  const lane = createLane(
    () => connectHot(connections),
    ({ exchange }, batch) => runBatch({ ...batching, exchange }, batch),
  );
  const closeAll = async (): Promise<void> => {
    await lane.close();
    await heartbeat.stop();
    await pool.end();
  };
  try {
    await Promise.all([partitions.makeAhead(), shared.applications.read(), heartbeat.beat()]);
  } catch (error) {
    await closeAll();
    throw refusedAt(connections.place, error);
  }
  const inRounds = createRounds(pool, batchingBy);
  const { submit } = lane;
  const parts = { pool, sql, shared, partitions, inRounds, closeAll, submit };
  return createStorage({ ...parts, whyOutdated: () => heartbeat.outdated });
}

/** What one node knows, to be asked for over any connection. */
function createBatching(keepsEvents: boolean): BatchingBy {
  const [clock, tallies] = [createClock(), createTallies()];
  const [knownDays, knownNumbers] = [createKnownDays(), createKnownNumbers()];
  const recent = createRecentRows();
  return (sql) => ({
    clock,
    recent,
    partitions: createPartitions(sql, knownDays),
    shared: { applications: createApplicationNumbers(sql, knownNumbers), tallies, keepsEvents },
  });
}
