import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installDebianPackages, oneAtATime } from '../../server/test/parts/part.ts';
import { freePort, type Program, startProgram } from './program.ts';
import type { Preparation } from './system.ts';

/** `durable` is what an acknowledged write needs to outlive a crash; it is not the default. */
export type Durability = 'default' | 'durable';

const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

export function prepareRedis(): Preparation {
  const found = versionOf() ?? oneAtATime('redis', installed);
  if (found !== null) return { ok: true, version: `Redis ${found}` };
  return { ok: false, reason: 'There is no Redis. Install it (`redis-server`).' };
}

function installed(): string | null {
  return versionOf() ?? (installDebianPackages('redis-server') ? versionOf() : null);
}

function versionOf(): string | null {
  if (spawnSync('redis-server', ['--version']).status !== 0) return null;
  const printed = execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
  return /v=([\d.]+)/.exec(printed)?.[1] ?? 'of unknown version';
}

/** On loopback and in a folder of its own, with the settings that Redis has without a file. */
export async function startRedis(
  folder: string,
  durability: Durability,
): Promise<Program & { readonly port: number }> {
  const port = await freePort();
  const server = await startProgram({
    command: 'redis-server',
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
      ...(durability === 'durable' ? durable : []),
    ],
    folder,
    logFile: join(folder, 'redis.log'),
    port,
    readyPath: null,
  });
  return { ...server, port };
}
