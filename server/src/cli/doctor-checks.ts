/** What `watchword doctor` looks at, one function for each subject. */
import { statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { CommandContext } from '#cli/command.ts';
import { allChannels } from '#domain/application.ts';
import { parseKeyRing } from '#service/key-ring.ts';
import type { DatabaseServer } from '#service/records.ts';
import { openVault } from '#service/vault.ts';
import type { Config } from '#src/config.ts';
import { readDevelopmentKeys } from '#src/data-folder.ts';

export interface Finding {
  readonly subject: string;
  /** `note` is no fault in development, but is worth a look in production. */
  readonly state: 'good' | 'note' | 'bad';
  readonly says: string;
}

const nodeMajorMin = 24;
const freeBytesMin = 200 * 1024 * 1024;
/** A clock before this version was made is wrong, and codes would live and die by it. */
const madeAtMs = Date.UTC(2026, 0, 1);
const clockDriftMaxMs = 5_000;
const healthTimeoutMs = 3_000;
/** Beyond it, one more node or a backup may find none. */
const connectionsShareMax = 0.8;
const notDurable =
  'fsync, full_page_writes or synchronous_commit is off there: a crash loses what was ' +
  'acknowledged. Switch them on.';

export function checkNode(version: string): Finding {
  const subject = 'Node';
  return Number(version.split('.')[0]) >= nodeMajorMin
    ? { subject, state: 'good', says: `Version ${version}.` }
    : { subject, state: 'bad', says: `Version ${version} is too old. Install ${nodeMajorMin}.` };
}

export function checkDataFolder({ data, databaseUrl, keys }: Config): Finding {
  const subject = 'data folder';
  if (databaseUrl !== null && keys !== null) {
    return { subject, state: 'good', says: 'Not used: everything lies in PostgreSQL.' };
  }
  const found = statSync(data, { throwIfNoEntry: false });
  if (found === undefined) {
    return {
      subject,
      state: 'note',
      says: `${data} is not there yet; a starting server makes it.`,
    };
  }
  if (!found.isDirectory()) {
    return { subject, state: 'bad', says: `${data} is no folder. Point WATCHWORD_DATA elsewhere.` };
  }
  if ((found.mode & 0o077) !== 0 && process.platform !== 'win32') {
    return { subject, state: 'bad', says: `Others can read ${data}. Run: chmod 700 ${data}` };
  }
  const owner = process.getuid?.();
  if (owner !== undefined && owner !== 0 && found.uid !== owner) {
    return { subject, state: 'bad', says: `${data} belongs to another user. Run as that user.` };
  }
  const { bavail, bsize } = statfsSync(data);
  if (bavail * bsize < freeBytesMin) {
    return { subject, state: 'bad', says: `Less than 200 MiB are free for ${data}. Make room.` };
  }
  return { subject, state: 'good', says: `${data}, readable by its owner alone.` };
}

export function checkKeys({ keys, data }: Config): Finding {
  const subject = 'key ring';
  if (keys === null) {
    const place =
      readDevelopmentKeys(data) === null
        ? 'None yet; `watchword dev` makes one, and'
        : 'A development ring lies in the data folder;';
    return { subject, state: 'note', says: `${place} \`watchword serve\` needs WATCHWORD_KEYS.` };
  }
  const reading = parseKeyRing(keys);
  if (!reading.ok) return { subject, state: 'bad', says: reading.mistakes.join(' ') };
  const { ids, newestId } = reading.ring;
  const says = `${ids.length} ${ids.length === 1 ? 'key' : 'keys'}, the newest is ${newestId}.`;
  return { subject, state: 'good', says };
}

/** Looks without opening it for writing: a server may not have run yet, or not this version. */
export async function checkDatabase(config: Config, context: CommandContext): Promise<Finding[]> {
  const subject = 'database';
  const isEmbedded = config.databaseUrl === null;
  try {
    const found = await context.inspectDatabase(config);
    switch (found.kind) {
      case 'missing':
        return isEmbedded
          ? [{ subject, state: 'note', says: 'None yet; a starting server makes it.' }]
          : [{ subject, state: 'bad', says: hasNoTables }];
      case 'older':
        return isEmbedded
          ? [{ subject, state: 'note', says: `${isOlder}; a starting server changes it.` }]
          : [{ subject, state: 'bad', says: `${isOlder}. Run \`watchword migrate\`.` }];
      case 'current': {
        const says = 'It can be read and has the form of this version.';
        return [
          { subject, state: 'good', says },
          ...(found.server === undefined ? [] : serverFindings(found.server)),
          clockFinding(found.clockAheadMs),
          await sealFinding(config, found.secrets),
        ];
      }
      default:
        return found satisfies never;
    }
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error);
    return [{ subject, state: 'bad', says }];
  }
}

const hasNoTables = 'It has no tables of Watchword. Run `watchword migrate` once.';
const isOlder = 'It is older than this version';

function serverFindings(server: DatabaseServer): Finding[] {
  const { connections, clockAheadMs } = server;
  const used = `${connections.used} of ${connections.max} connections are in use.`;
  const way = server.isPooled ? 'By way of a pooler' : 'Directly';
  const ahead = `It is ${Math.round(clockAheadMs / 1_000)} s ahead of this machine's clock.`;
  return [
    { subject: 'schema', state: 'good', says: server.schema },
    connections.used < connections.max * connectionsShareMax
      ? { subject: 'connections', state: 'good', says: `${way}: ${used}` }
      : { subject: 'connections', state: 'note', says: `${used} Raise max_connections there.` },
    server.isDurable
      ? { subject: 'durability', state: 'good', says: 'What is acknowledged outlives a crash.' }
      : { subject: 'durability', state: 'bad', says: notDurable },
    Math.abs(clockAheadMs) <= clockDriftMaxMs
      ? {
          subject: 'time',
          state: 'good',
          says: 'The clock of the database is that of this machine.',
        }
      : { subject: 'time', state: 'note', says: `${ahead} Have both set by a time service.` },
  ];
}

function clockFinding(aheadMs: number): Finding {
  const subject = 'clock';
  if (Date.now() < madeAtMs) {
    return { subject, state: 'bad', says: 'It is years behind. Set the clock of this machine.' };
  }
  const says = `The sandbox clock is ${Math.round(aheadMs / 1_000)} s ahead of the real one.`;
  return Math.abs(aheadMs) > clockDriftMaxMs
    ? { subject, state: 'note', says }
    : { subject, state: 'good', says: 'The time of the database is that of this machine.' };
}

async function sealFinding(
  { keys, data }: Config,
  secrets: ReadonlyMap<string, string>,
): Promise<Finding> {
  const subject = 'seals';
  const text = keys ?? readDevelopmentKeys(data);
  if (text === null) {
    return secrets.size === 0
      ? { subject, state: 'note', says: 'Nothing is sealed yet.' }
      : { subject, state: 'bad', says: 'The key ring is gone. Set WATCHWORD_KEYS to the old one.' };
  }
  const ring = parseKeyRing(text);
  if (!ring.ok) return { subject, state: 'bad', says: ring.mistakes.join(' ') };
  try {
    // What is not there yet would be made by a server; here it is made and thrown away.
    const readSecret = async (name: string) => secrets.get(name) ?? null;
    await openVault({ readSecret, createSecret: async (_name, sealed) => sealed }, ring.ring);
    return { subject, state: 'good', says: 'The key ring opens what the database holds.' };
  } catch (error) {
    return { subject, state: 'bad', says: error instanceof Error ? error.message : String(error) };
  }
}

export function checkProviders(config: Config, context: CommandContext): Finding[] {
  const subject = 'providers';
  const providers = context.createProviders(config);
  if (!providers.ok) return providers.error.map((says) => ({ subject, state: 'bad', says }));
  for (const provider of providers.value) void provider.close();
  const { length } = providers.value;
  if (length === 0) {
    const says = 'None is configured, so nothing can be sent. Set WATCHWORD_PROVIDERS.';
    return [{ subject, state: 'bad', says }];
  }
  const served = new Set(providers.value.flatMap(({ channels }) => channels));
  const unserved = allChannels.filter((channel) => !served.has(channel));
  const names = providers.value.map(({ name }) => name).join(', ');
  if (unserved.length > 0) {
    return [{ subject, state: 'note', says: `${names}. Nobody serves ${unserved.join(', ')}.` }];
  }
  const verb = length === 1 ? 'serves' : 'serve';
  return [{ subject, state: 'good', says: `${names} ${verb} every channel.` }];
}

export async function checkPort({ host, port }: Config): Promise<Finding> {
  const subject = 'port';
  const problem = await tryToListen(host, port);
  if (problem === null) return { subject, state: 'good', says: `${host}:${port} is free.` };
  if (problem === 'EADDRINUSE') return whoListens(host, port);
  const says = `${host}:${port} is out of reach (${problem}). Change WATCHWORD_HOST or _PORT.`;
  return { subject, state: 'bad', says };
}

function tryToListen(host: string, port: number): Promise<string | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ host, port }, () => server.close(() => resolve(null)));
  });
}

async function whoListens(host: string, port: number): Promise<Finding> {
  const subject = 'port';
  const name = host.includes(':') ? `[${host}]` : host;
  try {
    const signal = AbortSignal.timeout(healthTimeoutMs);
    const answer = await fetch(`http://${name}:${port}/healthz`, { signal, redirect: 'error' });
    await answer.body?.cancel();
    if (answer.ok) return { subject, state: 'good', says: `A server answers at ${host}:${port}.` };
  } catch {
    // Something else holds the port.
  }
  const says = `${host}:${port} is taken by another program. End it, or set WATCHWORD_PORT.`;
  return { subject, state: 'bad', says };
}
