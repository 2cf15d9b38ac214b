/**
 * Parts: real programs that tests need and npm does not bring, such as a browser or a mail server.
 * A part is looked for, installed where that can be done unasked, and otherwise its tests say why
 * they did not run. With CI=true a missing part is a failure, so nothing is passed over unseen.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { repository } from '../source-files.ts';

export type PartSearch<Part> =
  | { readonly ok: true; readonly part: Part }
  /** One sentence: what is missing, and how a person brings it. */
  | { readonly ok: false; readonly reason: string };

/** Null after the test was told why it is left out; throws where nothing may be left out. */
export function partOrSkip<Part>(
  context: Pick<TestContext, 'skip'>,
  search: PartSearch<Part>,
): Part | null {
  if (search.ok) return search.part;
  if (process.env['CI'] === 'true') throw new Error(search.reason);
  context.skip(search.reason);
  return null;
}

/** Where parts are kept that are installed for this checkout alone; not in git. */
export const partsFolder = join(repository, '.cache', 'parts');

const installTimeoutMs = 240_000;
/** Longer than any installation takes: the one that holds such a lock has died. */
const staleAfterMs = 600_000;
const pollMs = 100;

/** Whether this machine is one where packages can be installed without asking anybody. */
export function canInstallDebianPackages(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** Whether they are installed now. apt itself waits when another test file is installing. */
export function installDebianPackages(...names: readonly string[]): boolean {
  if (!canInstallDebianPackages()) return false;
  const apt = ['-qq', '-o', 'DPkg::Lock::Timeout=200'];
  const install = [...apt, 'install', '-y', '--no-install-recommends', ...names];
  return [[...apt, 'update'], install].every((args) => runInstaller('apt-get', args));
}

/** Runs an installer without its output; whether it ended well and in time. */
export function runInstaller(command: string, args: readonly string[]): boolean {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env: environment, timeout: installTimeoutMs, stdio: 'ignore' as const };
  return spawnSync(command, args, options).status === 0;
}

/** Test files run side by side: of those that need the same part, one makes it, the others wait. */
export function oneAtATime<Value>(name: string, work: () => Value): Value {
  mkdirSync(partsFolder, { recursive: true });
  const lock = join(partsFolder, `${name}.lock`);
  while (!takeLock(lock)) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
  }
  try {
    return work();
  } finally {
    rmdirSync(lock);
  }
}

function takeLock(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const takenAtMs = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - takenAtMs > staleAfterMs) rmdirSync(lock);
    return false;
  }
}
