import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { openConnections } from '#storage/postgres/connection.ts';
import { type Certificate, makeCertificate } from '../../../test/parts/aiosmtpd.ts';
import { type PartSearch, partOrSkip } from '../../../test/parts/part.ts';
import {
  findPgbouncer,
  type PgbouncerOptions,
  startPgbouncer,
} from '../../../test/parts/pgbouncer.ts';
import {
  findPostgres,
  type PostgresPrograms,
  startPostgres,
  type TestPostgres,
} from '../../../test/parts/postgres.ts';

/** One plain server for all, and one that wants TLS and a password. */
const programs = findPostgres();
const certificate = makeCertificate();
const password = 'p@ss/w:rd#% ä';
let plain: TestPostgres;
let guarded: TestPostgres;

before(async () => {
  if (programs.ok) plain = await startPostgres(programs.part);
  if (programs.ok && certificate.ok) {
    guarded = await startPostgres(programs.part, { password, certificate: certificate.part });
  }
});

after(async () => {
  await plain?.remove();
  await guarded?.remove();
  if (certificate.ok) certificate.part.remove();
});

function withServer(
  name: string,
  act: (part: PostgresPrograms, context: TestContext) => Promise<void>,
): void {
  test(name, async (context) => {
    const part = partOrSkip(context, programs);
    if (part !== null) await act(part, context);
  });
}

function part<Part>(context: TestContext, search: PartSearch<Part>): Part {
  const found = partOrSkip(context, search);
  assert.ok(found !== null);
  return found;
}

async function run(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const sql of statements) await client.query(sql);
  await client.end();
}

/** The sentence that an address is refused with; every one names the place and what to do. */
async function refusal(url: string): Promise<string> {
  const error: unknown = await openConnections(url).then(
    () => assert.fail(`${url} was taken`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Error && error.name === 'PostgresRefused', String(error));
  assert.match(error.message, /^The database .+ at .+\. .+\.$|^WATCHWORD_DATABASE_URL|^The file/);
  return error.message;
}

function change(url: string, parts: Partial<Record<'port' | 'username' | 'password', string>>) {
  return Object.assign(new URL(url), parts).href;
}

withServer('a server is used with named statements, and no wait on it is endless', async () => {
  const connections = await openConnections(await plain.createDatabase());
  assert.equal(connections.canPrepare, true);
  assert.equal(connections.isPooled, false);
  const client = await connections.connect();
  const pool = connections.createPool(1);
  try {
    for (const one of [client, pool]) {
      const { rows } = await one.query(
        `SELECT current_setting('statement_timeout') AS statement,
           current_setting('lock_timeout') AS lock, current_setting('application_name') AS name,
           current_setting('idle_in_transaction_session_timeout') AS idle`,
      );
      assert.deepEqual(rows, [{ statement: '4s', lock: '3s', name: 'watchword', idle: '5s' }]);
    }
  } finally {
    await client.end();
    await pool.end();
  }
});

withServer('a Unix socket leads to the server too', async () => {
  const name = new URL(await plain.createDatabase()).pathname;
  const host = `host=${encodeURIComponent(plain.folder)}`;
  const { canPrepare } = await openConnections(
    `postgres://watchword@:${plain.port}${name}?${host}`,
  );
  assert.equal(canPrepare, true);
});

withServer('what leads to no usable database is refused with what to do', async () => {
  const url = await plain.createDatabase();
  const closed = await closedPort();
  const cases: readonly (readonly [string, RegExp])[] = [
    [change(url, { port: String(closed) }), /No PostgreSQL listens there\. Start it/],
    [url.replace('127.0.0.1', 'no-such-host.invalid'), /name leads to no address/],
    [`${url}x`, /no such database\. Make it/],
    [change(url, { username: 'nobody' }), /refuses this user/],
    [`${url}?sslmode=require`, /takes no TLS\. Switch TLS on/],
    [`${url}?sslrootcert=/no/such/file`, /^The file that sslrootcert .* cannot be read/],
    [`${url}?sslmode=sometimes`, /^WATCHWORD_DATABASE_URL has an "sslmode"/],
    [url.replace('127.0.0.1', '/no/such/folder').replace('@/', '@%2F'), /WATCHWORD_DATABASE_URL/],
    [`postgres://watchword@/x?host=/no/such/folder`, /No PostgreSQL listens there/],
  ];
  for (const [address, sentence] of cases) assert.match(await refusal(address), sentence, address);
});

const strangers = [
  {
    title: 'a server that says nothing is given up after the connection time-out',
    take: () => {},
    sentence: /does not answer\. Correct/,
  },
  {
    title: 'a server that closes the connection is told as one that may be no PostgreSQL',
    take: (socket: Socket) => socket.destroy(),
    sentence: /broke off the connection\. Look at its log, and whether it is a PostgreSQL\.$/,
  },
];

for (const { title, take, sentence } of strangers) {
  withServer(title, async () => {
    const stranger = createServer(take);
    await new Promise<void>((done) => stranger.listen(0, '127.0.0.1', done));
    const address = stranger.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const url = `postgres://ana@127.0.0.1:${port}/shop?connect_timeout=1`;
      assert.match(await refusal(url), sentence);
    } finally {
      stranger.close();
    }
  });
}

withServer('a replica, a read-only database and another encoding are refused', async (postgres) => {
  const url = await plain.createDatabase();
  await run(url, `ALTER DATABASE ${nameOf(url)} SET default_transaction_read_only = on`);
  assert.match(await refusal(url), /set read-only\. Point/);
  await run(plain.url, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
  assert.match(await refusal(`${plain.url.replace(/postgres$/, 'latin')}`), /encoding LATIN1\./);
  const schemaless = await plain.createDatabase();
  await run(schemaless, 'DROP SCHEMA public');
  assert.match(await refusal(schemaless), /no schema .* Make the user the owner/);
  const replica = await startPostgres(postgres);
  try {
    await replica.stop();
    writeFileSync(join(replica.folder, 'data', 'standby.signal'), '');
    await replica.restart();
    assert.match(await refusal(replica.url), /is a replica, which takes no writes\. Point/);
  } finally {
    await replica.remove();
  }
});

withServer('a server without a free connection is refused with what to raise', async (postgres) => {
  const settings = { max_connections: '4', superuser_reserved_connections: '0' };
  const small = await startPostgres(postgres, { settings });
  try {
    const connections = await openConnections(small.url);
    const clients: Client[] = [];
    // A connection that was just closed may still count, so it is tried until none is left.
    for (let tries = 0; tries < 8; tries += 1) {
      await connections.connect().then(
        (client) => clients.push(client),
        () => {},
      );
    }
    assert.equal(clients.length, 4);
    assert.match(await refusal(small.url), /no connection left\. Raise max_connections/);
    await Promise.all(clients.map((client) => client.end()));
  } finally {
    await small.remove();
  }
});

withServer('TLS is checked as far as sslmode says, and a password may be odd', async (_, t) => {
  const own: Certificate = part(t, certificate);
  const other = part(t, makeCertificate());
  try {
    const url = await guarded.createDatabase();
    const root = `sslrootcert=${encodeURIComponent(own.file)}`;
    const byName = url.replace('127.0.0.1', 'localhost');
    const taken = [
      `${url}?sslmode=require`,
      `${url}?${root}`,
      `${url}?sslmode=verify-full&${root}`,
      `${byName}?sslmode=verify-full&${root}`,
    ];
    for (const address of taken) {
      const client = await (await openConnections(address)).connect();
      const { rows } = await client.query(
        'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      );
      assert.deepEqual(rows, [{ ssl: true }], address);
      await client.end();
    }
    const refused: readonly (readonly [string, RegExp])[] = [
      [url, /wants TLS.*Add sslmode=require/],
      [`${url}?sslmode=verify-full`, /signed by nobody that is trusted/],
      [`${url}?sslmode=verify-ca&sslrootcert=${other.file}`, /signed by nobody/],
      [
        `${change(url, { password: 'wrong' })}?sslmode=require`,
        /refuses this user or its password/,
      ],
      [`${change(url, { password: '' })}?sslmode=require`, /password is missing or wrong/],
    ];
    for (const [address, sentence] of refused) {
      const told = await refusal(address);
      assert.match(told, sentence);
      assert.ok(!told.includes(password) && !told.includes('p@ss'), told);
    }
  } finally {
    other.remove();
  }
});

withServer('nothing is taken from the variables that libpq reads', async () => {
  const url = change(await guarded.createDatabase(), { password: '' });
  process.env['PGPASSWORD'] = password;
  process.env['PGSSLMODE'] = 'disable';
  try {
    assert.match(await refusal(`${url}?sslmode=require`), /password is missing/);
  } finally {
    delete process.env['PGPASSWORD'];
    delete process.env['PGSSLMODE'];
  }
});

/** PgBouncer carries the names of statements over from 1.21 on, where it is told to. */
function poolers(program: string): readonly (readonly [PgbouncerOptions, boolean])[] {
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' });
  const isNew = Number(/PgBouncer 1\.(\d+)/.exec(version)?.[1]) >= 21;
  const shared = { default_pool_size: '2', ...(isNew ? { max_prepared_statements: '0' } : {}) };
  const carried = { ...shared, max_prepared_statements: '200' };
  return [
    [{ poolMode: 'transaction', settings: shared }, false],
    [{ poolMode: 'session' }, false],
    ...(isNew ? [[{ poolMode: 'transaction', settings: carried }, true] as const] : []),
  ];
}

withServer(
  'behind PgBouncer statements have names only where it carries them over',
  async (_, t) => {
    const program = part(t, findPgbouncer());
    for (const [options, canPrepare] of poolers(program)) {
      const pooler = await startPgbouncer(program, plain.url, options);
      try {
        const url = pooler.through(await plain.createDatabase());
        const connections = await openConnections(url);
        assert.equal(connections.isPooled, true);
        assert.equal(connections.canPrepare, canPrepare, JSON.stringify(options));
        const clients = await Promise.all([1, 2, 3].map(() => connections.connect()));
        for (const sent of [1, 2, 3, 4]) {
          const query = { text: 'SELECT $1::int AS sent', values: [sent] };
          const named = canPrepare ? { name: 'send', ...query } : query;
          const answers = await Promise.all(clients.map((client) => client.query(named)));
          for (const { rows } of answers) assert.deepEqual(rows, [{ sent }]);
        }
        await Promise.all(clients.map((client) => client.end()));
      } finally {
        await pooler.remove();
      }
    }
  },
);

withServer('a pooler in statement mode is refused, since it has no transactions', async (_, t) => {
  const pooler = await startPgbouncer(part(t, findPgbouncer()), plain.url, {
    poolMode: 'statement',
  });
  try {
    assert.match(await refusal(pooler.through(plain.url)), /pool_mode/);
  } finally {
    await pooler.remove();
  }
});

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

function closedPort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
