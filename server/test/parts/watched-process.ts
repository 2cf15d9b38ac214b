/**
 * Servers that a test starts from programs of others. Each has a folder of its own, and ends, with
 * its folder, when the test process does, however that ends.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Null when the tests' own user will do. */
export type Owner = { readonly uid: number; readonly gid: number } | null;

/** Servers such as PostgreSQL do not run as root. */
export function unprivilegedUser(): Owner {
  if (process.getuid?.() !== 0) return null;
  const name = ['postgres', 'nobody'].find((one) => spawnSync('id', [one]).status === 0);
  if (name === undefined) throw new Error('There is no user that a server could run as.');
  const numberOf = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: numberOf('-u'), gid: numberOf('-g') };
}

/** A temporary folder that belongs to the server's user. */
export function makeFolder(name: string, owner: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), `watchword-${name}-`));
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

/** A folder that stays, for the server's user alone. */
export function makeOwnedFolder(folder: string, owner: Owner): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
}

/** A file that only the server's user reads. */
export function writeOwned(file: string, content: string | Buffer, owner: Owner): void {
  writeFileSync(file, content);
  chmodSync(file, 0o600);
  if (owner !== null) chownSync(file, owner.uid, owner.gid);
}

/**
 * The shell waits beside the server. Its standard input ends when the test process is gone, even by
 * kill -9; then it ends the server and leaves nothing behind.
 */
const watch = `
folder=$1; shift
exec 3<&0
"$@" </dev/null >>"$folder/server.log" 2>&1 3<&- &
server=$!
{
  read -r line <&3
  touch "$folder/abandoned"
  while kill -QUIT "$server" && kill -TERM "$server"; do sleep 0.2; done
} >/dev/null 2>&1 &
watcher=$!
wait "$server"
if [ -e "$folder/abandoned" ]; then rm -rf "$folder"; else kill "$watcher"; fi
`;

/** Where a server's output goes. */
export function logOf(folder: string): string {
  return join(folder, 'server.log');
}

/** The process that is answered ends when the server does, and so tells of it. */
export function startWatched(
  command: readonly string[],
  { folder, owner }: { readonly folder: string; readonly owner: Owner },
): ChildProcess {
  return spawn('/bin/sh', ['-c', watch, 'watch', folder, ...command], {
    ...owner,
    cwd: folder,
    // In a group of its own, so that Ctrl-C at the terminal reaches it by way of the tests alone.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/** A server that a test forgets does not keep the test process: it ends with it. */
export function letGo(watched: ChildProcess): void {
  watched.unref();
  if (watched.stdin !== null && 'unref' in watched.stdin) (watched.stdin.unref as () => void)();
}

export function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
