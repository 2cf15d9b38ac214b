import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client, Pool } from 'pg';
import { StorageUnavailable } from '#service/ports.ts';
import { createClock } from '#storage/postgres/clock.ts';
import { openConnections } from '#storage/postgres/connection.ts';
import { startHeartbeat } from '#storage/postgres/heartbeat.ts';
import { type Cluster, onPostgres } from '#storage/postgres/postgres.fixture.ts';
import { schemaVersion } from '#storage/postgres/schema-version.ts';
import { createTallies } from '#storage/postgres/tallies.ts';

const { test } = onPostgres();

const nowMs = Date.now();

async function withHeartbeat(
  { url }: Cluster,
  body: (its: {
    readonly pool: Pool;
    readonly tallies: ReturnType<typeof createTallies>;
    readonly beat: () => Promise<void>;
    readonly outdated: () => Error | null;
  }) => Promise<void>,
): Promise<void> {
  const pool = (await openConnections(url)).createPool(1);
  const tallies = createTallies();
  const heartbeat = startHeartbeat(pool, { clock: createClock(), tallies });
  try {
    await body({ pool, tallies, beat: heartbeat.beat, outdated: () => heartbeat.outdated });
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

function migrated({ query }: Cluster, version: number, compatibleFrom: number): Promise<unknown> {
  return query(
    'INSERT INTO watchword_schema (version, name, compatible_from) VALUES ($1, $2, $3)',
    [version, `${version}.sql`, compatibleFrom],
  );
}

test('a newer version’s changes are seen, and whether this one may stay', async (cluster) => {
  await withHeartbeat(cluster, async ({ beat, outdated }) => {
    await migrated(cluster, schemaVersion + 1, schemaVersion);
    await beat();
    assert.equal(outdated(), null);
    await migrated(cluster, schemaVersion + 2, schemaVersion + 1);
    await beat();
    assert.match(outdated()?.message ?? '', /A newer Watchword brought the database to/);
  });
});

test('a node that may not stay does nothing any more', async (cluster) => {
  const storage = await cluster.open();
  await migrated(cluster, schemaVersion + 1, schemaVersion + 1);
  const calls = [() => storage.now(), () => storage.listApplications(), () => storage.expireDue(1)];
  for (const call of calls) {
    const refusals = () =>
      call().then(
        () => null,
        (error: unknown) => error,
      );
    let refusal = await refusals();
    for (let tries = 0; refusal === null && tries < 100; tries++) {
      await pause(50);
      refusal = await refusals();
    }
    assert.ok(refusal instanceof StorageUnavailable, String(refusal));
  }
});
