/**
 * Disks that fail: a small file system that can be filled (ENOSPC, as on a full disk), and a
 * process that may not write beyond the beginning of any file (EFBIG, a failing write). The first
 * takes the right to mount, the second does not.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PartSearch } from '../parts/part.ts';

export interface SmallDisk {
  readonly folder: string;
  /** Leaves no room, not for a byte. */
  fill(): void;
  /** Gives all the room back. */
  clear(): void;
  remove(): Promise<void>;
}

/** Room for more than a run writes; memory is used only for what is written. */
const sizeMebibytes = 96;
const blockBytes = 1_048_576;
/** Its standard input ends when the test process is gone, even by kill -9: so does the disk. */
const unmountAtEnd = 'read -r line; umount --lazy "$1" && rmdir "$1"';

export function mountSmallDisk(): PartSearch<SmallDisk> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-disk-'));
  const options = `size=${sizeMebibytes}m,mode=0700`;
  if (!succeeds('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])) {
    rmdirSync(folder);
    const reason = 'A small file system cannot be mounted here. Run the tests as root on Linux.';
    return { ok: false, reason };
  }
  const watcher = spawn('/bin/sh', ['-c', unmountAtEnd, 'unmount', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const filler = join(folder, 'filler');
  const part: SmallDisk = {
    folder,
    fill: () => fillWith(filler),
    clear: () => rmSync(filler, { force: true }),
    async remove() {
      const gone = once(watcher, 'exit');
      watcher.stdin.end();
      await gone;
    },
  };
  return { ok: true, part };
}

function fillWith(filler: string): void {
  const file = openSync(filler, 'w', 0o600);
  try {
    for (let bytes = blockBytes; bytes >= 1; bytes /= 2) {
      const block = Buffer.alloc(bytes);
      while (isWritten(file, block));
    }
  } finally {
    closeSync(file);
  }
}

function isWritten(file: number, block: Buffer): boolean {
  try {
    return writeSync(file, block) === block.length;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}

/** The first pages of a database file can still be written, and nothing behind them. */
const writableBytes = 4_096;

/** Null where the system has no such limit. */
export const findWriteLimit = (): PartSearch<WriteLimit> =>
  succeeds('prlimit', ['--pid', String(process.pid), '--fsize'])
    ? { ok: true, part: { set: setWriteLimit } }
    : { ok: false, reason: 'There is no prlimit to make writes fail with. Install util-linux.' };

export interface WriteLimit {
  set(processId: number, writes: 'fail' | 'succeed'): void;
}

/** Only the soft limit, so that it can be lifted again by anybody. Node ignores its signal. */
function setWriteLimit(processId: number, writes: 'fail' | 'succeed'): void {
  const bytes = writes === 'fail' ? writableBytes : 'unlimited';
  // A process that has ended meanwhile has no limit to lift.
  succeeds('prlimit', ['--pid', String(processId), `--fsize=${bytes}:`]);
}

function succeeds(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
