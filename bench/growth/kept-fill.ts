/**
 * A folder that is filled once and measured often: its database, and the keys and the API key that
 * belong to it. It stays until somebody deletes it.
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

export interface Filled {
  readonly verifications: number;
  readonly seconds: number;
  readonly bytes: number;
}

export interface KeptFill {
  readonly keys: string;
  readonly apiKey: string;
  readonly filled: Filled;
}

/** What else is written meanwhile: the logs of the database, and what the measurements add. */
const spareBytes = 2e9;
/** The purge removes a ninetieth of the rows each day. */
const keptDays = 7;
const dayMs = 86_400_000;
const keptFile = 'growth.json';

/** Null where the folder is not filled, or not to the end. */
export function readKeptFill(folder: string): KeptFill | null {
  const file = join(folder, keptFile);
  if (!existsSync(file)) return null;
  const ageDays = Math.floor((Date.now() - statSync(file).mtimeMs) / dayMs);
  if (ageDays > keptDays) {
    throw new Error(
      `${basename(folder)} of the growth folder was filled ${ageDays} days ago, and the purge ` +
        'has eaten of it. Delete it: it is filled again.',
    );
  }
  return JSON.parse(readFileSync(file, 'utf8')) as KeptFill;
}

/** Comes last: a folder without it is filled from the beginning. */
export function writeKeptFill(folder: string, kept: KeptFill): void {
  writeFileSync(join(folder, keptFile), JSON.stringify(kept), { mode: 0o600 });
}

/** An empty folder on a disk that has room for what is to lie there. */
export function makeRoom(folder: string, bytes: number): void {
  // What a fill left that was ended early is of no use.
  rmSync(folder, { recursive: true, force: true });
  // The database in it may belong to another user, who has to reach it.
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const { bavail, bsize } = statfsSync(folder);
  const missingBytes = bytes + spareBytes - bavail * bsize;
  if (missingBytes <= 0) return;
  rmSync(folder, { recursive: true });
  throw new Error(
    `The filled database takes ${gigabytes(bytes)}, and the disk of the growth folder lacks ` +
      `${gigabytes(missingBytes)}. Store less with --growth-rows, or name a folder on another ` +
      'disk with --growth-folder.',
  );
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
