import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { CommandContext } from '#cli/command.ts';
import {
  checkDatabase,
  checkDataFolder,
  checkKeys,
  checkNode,
  checkPort,
  checkProviders,
  type Finding,
} from '#cli/doctor-checks.ts';
import type { DatabaseServer } from '#service/records.ts';
import { type Config, readConfig } from '#src/config.ts';

function configWith(environment: Readonly<Record<string, string>>): Config {
  const config = readConfig(environment, 'tool');
  assert.ok(config.ok);
  return config.value;
}

const context: CommandContext = {
  environment: {},
  version: '0.0.0',
  print: () => {},
  complain: () => {},
  runServer: async () => 1,
  inspectDatabase: async () => {
    throw new Error('The database was made by a newer version. Use that one.');
  },
  inspectKafka: async () => null,
  // To open one may change it, which is not for a doctor.
  openStorage: () => assert.fail('The doctor opened the storage.'),
  migratePostgres: () => assert.fail('The doctor migrated.'),
  openService: () => assert.fail('The doctor opened the service.'),
  createProviders: () => ({ ok: true, value: [] }),
};

async function withFolder(work: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-doctor-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function withListener(server: Server, work: (port: string) => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(String((server.address() as AddressInfo).port));
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test('a Node before 24 is bad', () => {
  assert.equal(checkNode('20.20.2').state, 'bad');
  assert.equal(checkNode('24.0.0').state, 'good');
  assert.equal(checkNode('100.0.0').state, 'good');
});

test('a data folder that others can read is bad, and the remedy is named', async () => {
  await withFolder((folder) => {
    const config = configWith({ WATCHWORD_DATA: folder });
    assert.equal(checkDataFolder(config).state, 'good');
    chmodSync(folder, 0o750);
    const { state, says } = checkDataFolder(config);
    assert.equal(state, 'bad');
    assert.ok(says.includes(`chmod 700 ${folder}`));
  });
});

test('a data folder that is not there is no fault, a file in its place is', async () => {
  await withFolder((folder) => {
    const path = join(folder, 'data');
    const config = configWith({ WATCHWORD_DATA: path });
    assert.equal(checkDataFolder(config).state, 'note');
    writeFileSync(path, '');
    assert.equal(checkDataFolder(config).state, 'bad');
  });
});

test('a ring is counted and its newest key named, never shown', () => {
  const secret = Buffer.alloc(32, 7).toString('base64');
  const other = Buffer.alloc(32, 8).toString('base64');
  const finding = checkKeys(configWith({ WATCHWORD_KEYS: `new:${secret},old:${other}` }));
  assert.deepEqual(finding, {
    subject: 'key ring',
    state: 'good',
    says: '2 keys, the newest is new.',
  });
  assert.equal(checkKeys(configWith({})).state, 'note');
});

test('a database that does not open is bad, with its own sentence', async () => {
  await withFolder(async (folder) => {
    const findings = await checkDatabase(configWith({ WATCHWORD_DATA: folder }), context);
    assert.deepEqual(findings, [
      {
        subject: 'database',
        state: 'bad',
        says: 'The database was made by a newer version. Use that one.',
      },
    ]);
  });
});

test('an older database is no fault, and nothing more is said of it', async () => {
  const older = { ...context, inspectDatabase: async () => ({ kind: 'older' }) as const };
  const [finding, ...more] = await checkDatabase(configWith({}), older);
  assert.equal(finding?.state, 'note');
  assert.match(finding.says, /older than this version/);
  assert.deepEqual(more, []);
});

const onPostgres = configWith({ WATCHWORD_DATABASE_URL: 'postgres://ana@localhost/shop' });

/** What is found on a PostgreSQL that differs from a healthy one in `changed`. */
async function findingsOn(changed: Partial<DatabaseServer>): Promise<ReadonlyMap<string, Finding>> {
  const server: DatabaseServer = {
    schema: 'Version 1, as this program has it.',
    isPooled: false,
    isDurable: true,
    clockAheadMs: 40,
    connections: { used: 9, max: 100 },
    ...changed,
  };
  const inspectDatabase = async () =>
    ({
      kind: 'current',
      clockAheadMs: 0,
      secrets: new Map(),
      applications: new Set(['app_1']),
      server,
    }) as const;
  const findings = await checkDatabase(onPostgres, { ...context, inspectDatabase });
  return new Map(findings.map((finding) => [finding.subject, finding]));
}

const serverFaults: readonly (readonly [string, Partial<DatabaseServer>, string, RegExp])[] = [
  ['connections', { connections: { used: 80, max: 100 } }, 'note', /^80 of 100 .* Raise/],
  ['durability', { isDurable: false }, 'bad', /synchronous_commit is off .* Switch/],
  ['time', { clockAheadMs: -9_000 }, 'note', /-9 s ahead .* time service/],
];

test('what is wrong with a database server is told, and a healthy one has no fault', async () => {
  const healthy = await findingsOn({});
  for (const subject of ['schema', 'connections', 'durability', 'time']) {
    assert.equal(healthy.get(subject)?.state, 'good', subject);
  }
  assert.match((await findingsOn({ isPooled: true })).get('connections')?.says ?? '', /pooler/);
  for (const [subject, changed, state, says] of serverFaults) {
    const finding = (await findingsOn(changed)).get(subject);
    assert.equal(finding?.state, state);
    assert.match(finding.says, says);
  }
});

test('PostgreSQL without our tables, or with older ones, is bad until it is migrated', async () => {
  for (const kind of ['missing', 'older'] as const) {
    const unready = { ...context, inspectDatabase: async () => ({ kind }) };
    const [finding, ...more] = await checkDatabase(onPostgres, unready);
    assert.equal(finding?.state, 'bad');
    assert.match(finding.says, /Run `watchword migrate`/);
    assert.deepEqual(more, []);
  }
});

test('a production node on PostgreSQL wants no data folder', () => {
  const WATCHWORD_KEYS = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
  const WATCHWORD_DATABASE_URL = 'postgres://ana@localhost/shop';
  const finding = checkDataFolder(configWith({ WATCHWORD_KEYS, WATCHWORD_DATABASE_URL }));
  assert.equal(finding.state, 'good');
  assert.match(finding.says, /^Not used/);
});

test('without a provider nothing can be sent, which is bad; wrong settings are told', () => {
  const config = configWith({});
  assert.equal(checkProviders(config, context)[0]?.state, 'bad');
  const wrong = {
    ...context,
    createProviders: () => ({ ok: false, error: ['A.', 'B.'] }) as const,
  };
  assert.deepEqual(
    checkProviders(config, wrong),
    ['A.', 'B.'].map((says) => ({ subject: 'providers', state: 'bad', says })),
  );
});

test('a port is free, taken by a server of ours, or taken by another program', async () => {
  const ours = createHttpServer((request, response) => {
    response.writeHead(request.url === '/healthz' ? 200 : 404, { connection: 'close' }).end();
  });
  let freed = '';
  await withListener(ours, async (port) => {
    freed = port;
    const finding = await checkPort(configWith({ WATCHWORD_PORT: port }));
    assert.equal(finding.state, 'good');
    assert.match(finding.says, /^A server answers/);
  });
  const other = createServer((socket) => socket.resume().end('220 mail\r\n'));
  await withListener(other, async (port) => {
    const finding = await checkPort(configWith({ WATCHWORD_PORT: port }));
    assert.equal(finding.state, 'bad');
    assert.match(finding.says, /taken by another program/);
  });
  const free = await checkPort(configWith({ WATCHWORD_PORT: freed }));
  assert.match(free.says, /is free/);
});

test('an address that is not of this machine is bad', async () => {
  const finding = await checkPort(configWith({ WATCHWORD_HOST: '192.0.2.1' }));
  assert.equal(finding.state, 'bad');
  assert.match(finding.says, /EADDRNOTAVAIL/);
});
