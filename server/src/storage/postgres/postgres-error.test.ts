import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client } from 'pg';
import { StorageUnavailable } from '#service/ports.ts';
import { openConnections } from '#storage/postgres/connection.ts';
import { asStorageError, classifyPostgresError } from '#storage/postgres/postgres-error.ts';
import { partOrSkip } from '../../../test/parts/part.ts';
import { findPostgres, startPostgres } from '../../../test/parts/postgres.ts';

function thrown(code: string | null, message = 'as the server says it'): Error {
  return Object.assign(new Error(message), code === null ? {} : { code });
}

const unavailable: readonly (readonly [Error, RegExp, 'keeps' | 'breaks'])[] = [
  [thrown('53100', 'could not extend file'), /disk .* full\. Make room/, 'keeps'],
  [thrown('53200'), /run out of memory/, 'keeps'],
  [thrown('53300', 'sorry, too many clients already'), /Raise max_connections/, 'breaks'],
  [thrown('53300', 'too many connections for role "x"'), /Raise its CONNECTION LIMIT/, 'breaks'],
  [thrown('55000', 'not currently accepting connections'), /ALLOW_CONNECTIONS true/, 'breaks'],
  [thrown('57P01'), /connection .* was lost/, 'breaks'],
  [thrown('57P03', 'the database system is starting up'), /is starting/, 'breaks'],
  [thrown('25006'), /takes no writes.*primary/, 'breaks'],
  [thrown('55P03'), /took too long/, 'keeps'],
  [thrown('08006'), /was lost/, 'breaks'],
  [thrown('08P01', 'no more connections allowed'), /pooler in between/, 'breaks'],
  [thrown('26000', 'prepared statement "a" does not exist'), /pooler mixes up/, 'breaks'],
  [thrown('0A000', 'cached plan must not change result type'), /made anew/, 'breaks'],
  [thrown('58030'), /database failed/, 'breaks'],
  [thrown('ECONNRESET'), /was lost/, 'breaks'],
  [thrown('EMFILE', 'connect EMFILE'), /no file left.*ulimit/, 'breaks'],
  [thrown('ENFILE'), /no file left.*ulimit/, 'breaks'],
  [thrown('EPROTO', 'write EPROTO'), /network of this machine/, 'breaks'],
  [thrown('ENETDOWN'), /network of this machine/, 'breaks'],
  [thrown('EADDRNOTAVAIL'), /network of this machine/, 'breaks'],
  [thrown('EAI_FAIL', 'getaddrinfo EAI_FAIL'), /network of this machine/, 'breaks'],
  [thrown('ENOBUFS'), /network of this machine/, 'breaks'],
  [thrown('ERR_SOCKET_CLOSED'), /was lost/, 'breaks'],
  [thrown('CERT_HAS_EXPIRED'), /out of date/, 'breaks'],
  [thrown('ERR_SSL_WRONG_VERSION_NUMBER'), /TLS .* failed/, 'breaks'],
  [thrown(null, 'Connection terminated unexpectedly'), /was lost/, 'breaks'],
  [thrown(null, 'Query read timeout'), /took too long/, 'breaks'],
  [thrown(null, 'timeout exceeded when trying to connect'), /Every connection of this/, 'keeps'],
];

test('what a database cannot help is unavailable, with what the operator can do', () => {
  for (const [error, sentence, connection] of unavailable) {
    const fault = classifyPostgresError(error);
    assert.equal(fault.kind, 'unavailable', error.message);
    assert.match(fault.sentence, sentence);
    assert.equal(fault.breaksConnection, connection === 'breaks', error.message);
    const passedOn = asStorageError(error);
    assert.ok(passedOn instanceof StorageUnavailable);
    assert.equal(passedOn.cause, error);
  }
});

test('a node whose tables have changed under it is unavailable, and outdated', () => {
  for (const error of [
    thrown('42P01', 'relation "x" does not exist'),
    thrown('42703', 'column "x" does not exist'),
    thrown('42883', 'function x(integer) does not exist'),
  ]) {
    const fault = classifyPostgresError(error);
    assert.deepEqual([fault.kind, fault.breaksConnection], ['outdated', false], error.message);
    assert.match(fault.sentence, /a newer one has migrated .* Install that version/);
    assert.ok(asStorageError(error) instanceof StorageUnavailable);
  }
});

test('our own mistakes are bugs and stay as they are', () => {
  const bugs = [
    thrown('42601', 'syntax error'),
    thrown('23505', 'duplicate key value'),
    thrown('22P02'),
    thrown('0A000', 'cannot do that'),
    thrown('ERR_INVALID_ARG_TYPE'),
    thrown('ETHING', 'no code of any system'),
    new TypeError('x is undefined'),
  ];
  for (const error of bugs) {
    assert.equal(classifyPostgresError(error).kind, 'bug', error.message);
    assert.equal(asStorageError(error), error);
  }
});

test('transactions that meet are worth another try at once', () => {
  for (const code of ['40001', '40P01', 'WW001']) {
    const fault = classifyPostgresError(thrown(code));
    assert.deepEqual([fault.kind, fault.breaksConnection], ['conflict', false]);
  }
});

async function faultOf(query: Promise<unknown>) {
  return classifyPostgresError(
    await query.then(
      () => assert.fail('It worked.'),
      (error: unknown) => error,
    ),
  );
}

test('what a real server does to a connection is known for what it is', async (context) => {
  const programs = partOrSkip(context, findPostgres());
  if (programs === null) return;
  const server = await startPostgres(programs);
  try {
    const connections = await openConnections(await server.createDatabase());
    const [one, two] = [await connections.connect(), await connections.connect()];
    await one.query('CREATE TABLE thing AS SELECT 1 AS id');
    await one.query("SET statement_timeout = '20ms'");
    const slow = await faultOf(one.query('SELECT pg_sleep(5)'));
    assert.match(slow.sentence, /took too long/);
    assert.equal(slow.breaksConnection, false);
    await two.query({ name: 'all', text: 'SELECT * FROM thing' });
    await one.query('ALTER TABLE thing ADD COLUMN more integer');
    const outdated = await faultOf(two.query({ name: 'all', text: 'SELECT * FROM thing' }));
    assert.deepEqual([outdated.kind, outdated.breaksConnection], ['unavailable', true]);
    await checkDeath(one, two, () => server.kill());
  } finally {
    await server.remove();
  }
});

async function checkDeath(one: Client, two: Client, kill: () => Promise<void>): Promise<void> {
  await two.query('RESET statement_timeout');
  const waiting = faultOf(two.query('SELECT pg_sleep(5)'));
  const terminate =
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity ' +
    "WHERE query = 'SELECT pg_sleep(5)' AND state = 'active'";
  // The server may not have come to the other connection's statement yet.
  let ends = 0;
  for (let tries = 0; ends === 0 && tries < 1_000; tries++) {
    ends = (await one.query(terminate)).rows.length;
  }
  assert.equal(ends, 1);
  const ended = await waiting;
  assert.deepEqual([ended.kind, ended.breaksConnection], ['unavailable', true]);
  const later = await faultOf(two.query('SELECT 1'));
  assert.deepEqual([later.kind, later.breaksConnection], ['unavailable', true]);
  await kill();
  const dead = await faultOf(one.query('SELECT 1'));
  assert.deepEqual([dead.kind, dead.breaksConnection], ['unavailable', true]);
}
