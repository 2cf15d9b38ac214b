import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';

/** `f_type` of tmpfs and ramfs, statfs(2). */
const inMemory = new Set([0x0102_1994, 0x8584_58f6]);

/** What a reader needs to compare figures: they move between machines and days. */
export function describeMachine(repository: string): Readonly<Record<string, string | number>> {
  return {
    system: `${type()} ${release()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    /** Of the temporary folder, where every database lies. */
    storage: inMemory.has(statfsSync(tmpdir()).type) ? 'memory' : 'disk',
    node: process.versions.node,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    commit: commitOf(repository),
  };
}

function commitOf(repository: string): string {
  try {
    const options = { cwd: repository, encoding: 'utf8', stdio: 'pipe' } as const;
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], options).trim();
  } catch {
    return 'unknown';
  }
}
