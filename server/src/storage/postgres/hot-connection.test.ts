import assert from 'node:assert/strict';
import type { Client } from 'pg';
import { openConnections } from '#storage/postgres/connection.ts';
import { connectHot } from '#storage/postgres/hot-connection.ts';
import { onPostgres } from '#storage/postgres/postgres.fixture.ts';

const { test } = onPostgres();

test('a connection that cannot be set up is closed', async ({ url }) => {
  const connections = await openConnections(url);
  const made: Client[] = [];
  const connect = async () => {
    const client = await connections.connect();
    made.push(client);
    // Nothing is set in a transaction that has failed.
    await client.query('BEGIN');
    await assert.rejects(client.query('SELECT 1 / 0'), /division by zero/);
    return client;
  };
  await assert.rejects(connectHot({ ...connections, connect }), /transaction is aborted/);
  assert.deepEqual(
    made.map((client) => client.connection.stream.destroyed),
    [true],
  );
});
