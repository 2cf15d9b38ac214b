import type { ClientBase } from 'pg';
import { PostgresRefused } from '#storage/postgres/postgres-error.ts';

const hourMs = 3_600_000;

/**
 * Ids carry the time of the machine that makes them and lead to the partition of that day, which
 * is dropped when the day is old; everything else goes by the database's clock. A clock that is a
 * few hours off does no harm, and is reported by `watchword doctor`.
 */
const apartMaxMs = 12 * hourMs;

/** Throws `PostgresRefused` when this machine and the database do not agree on the day. */
export async function requireSameTime(client: ClientBase): Promise<void> {
  const askedAtMs = Date.now();
  const { rows } = await client.query<{ now_ms: number }>(
    'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now_ms',
  );
  // The database was asked between the two readings of this clock.
  const aheadMs = (askedAtMs + Date.now()) / 2 - (rows[0]?.now_ms ?? 0);
  if (Math.abs(aheadMs) <= apartMaxMs) return;
  const hours = Math.round(Math.abs(aheadMs) / hourMs);
  throw new PostgresRefused(
    `Set the clock of this machine: it is ${hours} hours ${aheadMs > 0 ? 'ahead of' : 'behind'} ` +
      "the database's. If this one is right, set that of the database.",
  );
}
