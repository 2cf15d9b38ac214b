/**
 * Connections to PostgreSQL: how they are made, and what a server has to be before it is used.
 *
 * Rules:
 * 1. Nothing is left to the environment of the process: no PGPASSWORD, no .pgpass, no PGSSLMODE.
 * 2. Every wait has an end, at the server (`statement_timeout`) and, a little later, here: a
 *    connection that stalls says nothing by itself.
 * 3. Behind a pooler one client's next transaction may run on another's connection. So nothing is
 *    kept in the session there: no time-outs, no locks beyond a transaction, and statements are
 *    prepared under a name only where the pooler carries names over.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PeerCertificate } from 'node:tls';
import { Client, type ClientConfig, Pool, type PoolConfig } from 'pg';
import {
  type ConnectionTarget,
  parseConnectionUrl,
  type TlsSettings,
} from '#storage/postgres/connection-url.ts';
import {
  classifyPostgresError,
  lostConnection,
  PostgresRefused,
} from '#storage/postgres/postgres-error.ts';

/** The oldest that its makers still mend, and the oldest that the tests ran against. */
const serverVersionMin = 15;

/** A step of the storage takes milliseconds; one that waits this long waits for something stuck. */
const statementTimeoutMs = 4_000;
const lockTimeoutMs = 3_000;
/** A node that vanished in the middle of a transaction gives its rows back to the others. */
const idleInTransactionTimeoutMs = 5_000;
/** Longer than the server's own, whose answer says more. */
const answerTimeoutMs = 5_000;
const keepAliveDelayMs = 10_000;

export interface PostgresConnections {
  /** Whether statements may be prepared under a name. */
  readonly canPrepare: boolean;
  /** Whether a pooler such as PgBouncer stands in between. */
  readonly isPooled: boolean;
  /** Where the database is, for a log or a sentence; holds no secret. */
  readonly place: string;
  /**
   * One connection; what it throws is for `asStorageError`, as with every query. Its `error` event
   * is heard already: the queries that fail tell of it.
   */
  connect(): Promise<Client>;
  /**
   * A pool of at most `max` connections, made when they are needed. `connect()` on it waits as long
   * as a connection may take to be made.
   */
  createPool(max: number): Pool;
}

/** What the first connection found out about the server. */
interface ServerFacts {
  readonly version: number;
  readonly isReplica: boolean;
  readonly isReadOnly: boolean;
  readonly processId: number;
  readonly schema: string | null;
  readonly encoding: string;
}

/**
 * Connects once, and finds out what is there; `look` has that connection for further questions.
 * Throws `PostgresRefused` for an address that leads to no database that can be used.
 */
export async function openConnections(
  url: string,
  look: (client: Client) => Promise<void> = async () => {},
): Promise<PostgresConnections> {
  const reading = parseConnectionUrl(url);
  if (!reading.ok) throw new PostgresRefused(`WATCHWORD_DATABASE_URL ${reading.error}.`);
  const target = reading.value;
  const place = placeOf(target);
  const config = clientConfig(target);
  const first = await connectFirst(config, place);
  let isPooled: boolean;
  let canPrepare: boolean;
  try {
    const facts = await examine(first);
    refuseUnusable(facts, place);
    // A pooler makes up the process id that it tells its clients.
    isPooled = facts.processId !== processIdOf(first);
    canPrepare = !isPooled || (await namesAreCarriedOver(first));
    await look(first);
  } catch (error) {
    throw refusedAt(place, error);
  } finally {
    await closeQuietly(first);
  }
  const session = isPooled ? config : { ...config, ...sessionTimeouts };
  return {
    canPrepare,
    isPooled,
    place,
    connect: () => connectClient(session),
    createPool: (max) => createPool({ ...session, max }),
  };
}

/** Sent with the start of a connection, which PgBouncer refuses. */
const sessionTimeouts = {
  statement_timeout: statementTimeoutMs,
  lock_timeout: lockTimeoutMs,
  idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
};

function placeOf({ host, port, database }: ConnectionTarget): string {
  const server = host.includes(':') ? `[${host}]` : host;
  return `The database ${database} at ${host.startsWith('/') ? host : `${server}:${port}`}`;
}

function clientConfig(target: ConnectionTarget): ClientConfig {
  return {
    host: target.host,
    port: target.port,
    user: target.user,
    // Without a function `pg` would look for a password in the environment and the home folder.
    password: () => target.password ?? '',
    database: target.database,
    application_name: target.applicationName,
    ssl: tlsOptions(target.tls),
    connectionTimeoutMillis: target.connectTimeoutSeconds * 1_000,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
  };
}

/** As libpq means the modes: `require` encrypts and checks nothing, `verify-ca` checks no name. */
function tlsOptions(tls: TlsSettings): ClientConfig['ssl'] {
  if (tls.mode === 'disable') return false;
  return {
    rejectUnauthorized: tls.mode !== 'require',
    ...(tls.mode === 'verify-full' ? {} : { checkServerIdentity: anyName }),
    ...file('ca', tls.rootCertificateFile, 'sslrootcert'),
    ...file('cert', tls.certificateFile, 'sslcert'),
    ...file('key', tls.keyFile, 'sslkey'),
  };
}

function anyName(_name: string, _certificate: PeerCertificate): undefined {
  return undefined;
}

function file(option: string, path: string | null, parameter: string): Record<string, string> {
  if (path === null) return {};
  try {
    return { [option]: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new PostgresRefused(
      `The file that ${parameter} in WATCHWORD_DATABASE_URL names cannot be read. Correct the ` +
        'path, or make it readable for this user.',
      { cause: error },
    );
  }
}

/** What breaks off the very first connection may never have been a PostgreSQL. */
const brokenOff =
  'What listens there broke off the connection. Look at its log, and whether it is a PostgreSQL.';

async function connectFirst(config: ClientConfig, place: string): Promise<Client> {
  try {
    return await connectClient(config);
  } catch (error) {
    if (classifyPostgresError(error).sentence !== lostConnection) throw refusedAt(place, error);
    throw new PostgresRefused(`${place} cannot be used. ${brokenOff}`, { cause: error });
  }
}

async function connectClient(config: ClientConfig): Promise<Client> {
  const client = new Client(config);
  // An unheard `error` event would end the process.
  client.on('error', () => {});
  await client.connect();
  return client;
}

function createPool(config: PoolConfig): Pool {
  const pool = new Pool(config);
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

async function closeQuietly(client: Client): Promise<void> {
  try {
    await client.end();
  } catch {
    // It is gone already.
  }
}

/** Puts what failed at the start into a sentence that begins with the place. */
export function refusedAt(place: string, error: unknown): unknown {
  if (error instanceof PostgresRefused) return error;
  const { kind, sentence } = classifyPostgresError(error);
  if (kind === 'bug') return error;
  return new PostgresRefused(`${place} cannot be used. ${sentence}`, { cause: error });
}

async function examine(client: Client): Promise<ServerFacts> {
  const { rows } = await client.query<ServerFacts>(
    `SELECT current_setting('server_version_num')::int / 10000 AS version,
       pg_is_in_recovery() AS "isReplica",
       current_setting('transaction_read_only')::boolean AS "isReadOnly",
       pg_backend_pid() AS "processId",
       current_schema() AS schema,
       current_setting('server_encoding') AS encoding`,
  );
  const [facts] = rows;
  if (facts === undefined) throw new Error('The server answered no row.');
  return facts;
}

function refuseUnusable(facts: ServerFacts, place: string): void {
  const problem = problemWith(facts);
  if (problem !== null) throw new PostgresRefused(`${place} ${problem}`);
}

function problemWith(facts: ServerFacts): string | null {
  const { version, isReplica, isReadOnly, schema, encoding } = facts;
  if (version < serverVersionMin) {
    return `runs on PostgreSQL ${version}. Use version ${serverVersionMin} or a newer one.`;
  }
  if (isReplica) {
    return 'is a replica, which takes no writes. Point WATCHWORD_DATABASE_URL at the primary.';
  }
  if (isReadOnly) {
    return (
      'is set read-only. Point WATCHWORD_DATABASE_URL at the primary, or change ' +
      'default_transaction_read_only.'
    );
  }
  if (encoding !== 'UTF8') {
    return `has the encoding ${encoding}. Make a database with ENCODING 'UTF8'.`;
  }
  if (schema === null) {
    return (
      'has no schema that this user may look into. Make the user the owner of the database, or ' +
      'set its search_path.'
    );
  }
  return null;
}

/** The process id that the server told when the connection began; `pg` keeps it untyped. */
function processIdOf(client: Client): unknown {
  return 'processID' in client ? client.processID : null;
}

/**
 * Whether a pooler carries the names of prepared statements from connection to connection. One that
 * does (PgBouncer from 1.21) gives them names of its own, so the server does not know ours. Within
 * one transaction, because only that is sure to stay on one connection.
 */
async function namesAreCarriedOver(client: Client): Promise<boolean> {
  const name = `watchword_probe_${randomBytes(8).toString('hex')}`;
  await client.query('BEGIN');
  await client.query({ name, text: 'SELECT 1' });
  const { rowCount } = await client.query('SELECT FROM pg_prepared_statements WHERE name = $1', [
    name,
  ]);
  const isKnownByName = rowCount === 1;
  if (isKnownByName) await client.query(`DEALLOCATE ${name}`);
  await client.query('COMMIT');
  return !isKnownByName;
}
