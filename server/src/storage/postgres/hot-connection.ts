import type { Client } from 'pg';
import type { PostgresConnections } from '#storage/postgres/connection.ts';
import { createExchange, type Exchange } from '#storage/postgres/exchange.ts';

/** A connection whose statements are prepared once and run for hours. */
export interface HotConnection {
  readonly exchange: Exchange;
  /** False once it has broken, or has been used for long enough. */
  isUsable(): boolean;
  close(): Promise<void>;
}

/** Each day has its own statements, and those of days gone by should not stay for good. */
const usedForMs = 12 * 3_600_000;

const goodbyeMs = 500;

/**
 * Every statement is planned once, for any values: always by the indexes, because a plan that was
 * made while a day's partition was empty would read it row by row for the rest of the day. Without
 * just-in-time compilation, which takes longer than any of these statements.
 */
export const planning = `
  SET jit = off;
  SET plan_cache_mode = force_generic_plan;
  SET enable_seqscan = off;
  SET enable_bitmapscan = off;
  SET enable_hashjoin = off;
  SET enable_mergejoin = off`;

export async function connectHot(connections: PostgresConnections): Promise<HotConnection> {
  const client = await connections.connect();
  const untilMs = performance.now() + usedForMs;
  let isOpen = true;
  client.on('error', () => {
    isOpen = false;
  });
  client.on('end', () => {
    isOpen = false;
  });
  // Behind a pooler a setting would be somebody else's; there every statement is planned anew.
  if (!connections.isPooled) await plan(client);
  return {
    exchange: createExchange(client, connections.canPrepare),
    isUsable: () => isOpen && performance.now() < untilMs,
    close: () => closeQuietly(client),
  };
}

async function plan(client: Client): Promise<void> {
  try {
    await client.query(planning);
  } catch (error) {
    // Nobody else knows of it: it would stay open for good.
    await closeQuietly(client);
    throw error;
  }
}

/** One connection at a time, made anew when the one before has broken or is old. */
export interface Renewed {
  /** The one that can be used, if there is one. */
  current(): HotConnection | null;
  /** Makes one in its place. */
  renew(): Promise<HotConnection>;
  drop(): Promise<void>;
}

export function createRenewed(connect: () => Promise<HotConnection>): Renewed {
  let connection: HotConnection | null = null;

  async function drop(): Promise<void> {
    const dropped = connection;
    connection = null;
    await dropped?.close();
  }

  return {
    drop,
    current: () => (connection?.isUsable() === true ? connection : null),
    async renew() {
      await drop();
      connection = await connect();
      return connection;
    },
  };
}

/** Says goodbye, but does not wait for long: the other side may be gone without a word. */
async function closeQuietly(client: Client): Promise<void> {
  const giveUp = setTimeout(() => client.connection.stream.destroy(), goodbyeMs);
  try {
    await client.end();
  } catch {
    // It is gone already.
  } finally {
    clearTimeout(giveUp);
  }
}
