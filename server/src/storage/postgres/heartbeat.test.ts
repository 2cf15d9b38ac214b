import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Client, Pool } from 'pg';
import { createClock } from '#storage/postgres/clock.ts';
import { openConnections } from '#storage/postgres/connection.ts';
import { startHeartbeat } from '#storage/postgres/heartbeat.ts';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { createTallies } from '#storage/postgres/tallies.ts';

const { test } = onPostgres();

const nowMs = Date.now();

async function withHeartbeat(
  { url }: Cluster,
  body: (its: {
    readonly pool: Pool;
    readonly tallies: ReturnType<typeof createTallies>;
    readonly beat: () => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  const pool = (await openConnections(url)).createPool(1);
  const tallies = createTallies();
  const heartbeat = startHeartbeat(pool, { clock: createClock(), tallies });
  try {
    await body({ pool, tallies, beat: heartbeat.beat });
  } finally {
    await heartbeat.stop();
    await pool.end();
  }
}

async function countOf({ query }: Cluster): Promise<number> {
  const [row] = await query('SELECT coalesce(sum(wrong_guesses), 0)::int AS wrong FROM tally');
  return Number(row?.['wrong']);
}

test('guesses whose writing was not answered are not added twice', async (cluster) => {
  await withHeartbeat(cluster, async ({ pool, tallies, beat }) => {
    tallies.add(1, false, nowMs);
    // The connection ends between the commit and its answer.
    const acquired = once(pool, 'acquire') as Promise<[Client]>;
    const beating = assert.rejects(beat());
    const [client] = await acquired;
    client.connection.stream.pause();
    while ((await countOf(cluster)) === 0);
    client.connection.stream.destroy();
    await beating;
    await beat();
    assert.equal(await countOf(cluster), 1);
    assert.equal(tallies.recent(1, nowMs).wrong, 1);
  });
});

test('guesses that the database refused are added later', async (cluster) => {
  await withHeartbeat(cluster, async ({ tallies, beat }) => {
    tallies.add(1, false, nowMs);
    await cluster.query('ALTER TABLE tally RENAME TO elsewhere');
    await assert.rejects(beat());
    await cluster.query('ALTER TABLE elsewhere RENAME TO tally');
    await beat();
    assert.equal(await countOf(cluster), 1);
    assert.equal(tallies.recent(1, nowMs).wrong, 1);
  });
});
