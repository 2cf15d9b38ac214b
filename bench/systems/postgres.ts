/**
 * A PostgreSQL of its own for each system that needs one, with the defaults of its package and
 * `fsync` on. The tests' part finds or installs the programs and starts it.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { findPostgres, startPostgres } from '../../server/test/parts/postgres.ts';
import type { Preparation } from './system.ts';

/** What initdb writes, where the tests' servers take less. */
const packageDefaults = { shared_buffers: '128MB', max_wal_size: '1GB' };

export function preparePostgres(): Preparation {
  const search = findPostgres();
  if (!search.ok) return search;
  const program = join(search.part.folder, 'postgres');
  const printed = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return { ok: true, version: `PostgreSQL ${/[\d.]+/.exec(printed)?.[0] ?? ''}` };
}

export interface BenchPostgres {
  readonly url: string;
  readonly processId: number;
  remove(): Promise<void>;
}

/** On an empty database, or on the one that is kept in a folder. */
export async function startBenchPostgres(keptIn?: string): Promise<BenchPostgres> {
  const search = findPostgres();
  if (!search.ok) throw new Error(search.reason);
  const kept = keptIn === undefined ? {} : { keptIn };
  const postgres = await startPostgres(search.part, { settings: packageDefaults, ...kept });
  const url = keptIn === undefined ? await postgres.createDatabase() : postgres.url;
  return { url, processId: postgres.processId, remove: postgres.remove };
}
