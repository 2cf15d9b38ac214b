import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { generateRingEntry } from '#service/key-ring.ts';

/** What a user's test suite reads to reach the server. Vendors' parts come with their façades. */
export interface DevelopmentCredentials {
  readonly url: string;
  readonly application: string;
  readonly apiKey: string;
  readonly [vendor: string]: unknown;
}

const credentialsFile = 'dev-credentials.json';
const keysFile = 'dev-keys';

/** The message says why the folder cannot be used and what to do. */
export class DataFolderUnusable extends Error {
  override readonly name = 'DataFolderUnusable';
}

/** Makes the folder, readable by its owner alone. Throws `DataFolderUnusable`. */
export function openDataFolder(folder: string): void {
  try {
    makeFolder(folder);
    chmodSync(folder, 0o700);
  } catch (error) {
    throw new DataFolderUnusable(
      `${folder} cannot be the data folder: ${whyUnusable(error)}. Set WATCHWORD_DATA to a ` +
        'folder that this user may write to.',
    );
  }
}

/** Not Node's own `recursive`, which tries for ever where nothing can be made, as under /proc. */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another command may have made it in between.
    if (!isFolder(folder)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function whyUnusable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'EROFS':
      return 'its file system is read-only';
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a file stands there, or on the way to it';
    case 'EACCES':
      return 'this user has no right to make or to open it';
    case 'EPERM':
      return 'it belongs to another user';
    case 'ENOENT':
      return 'no folder can be made there';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full';
    default:
      return `the system refuses it (${String(code)})`;
  }
}

/**
 * The key ring of a development server that was given none: made once, kept beside the database.
 * Beside the database is the wrong place for keys, which is why `serve` never looks here.
 */
export function developmentKeys(folder: string): string {
  const kept = readDevelopmentKeys(folder);
  if (kept !== null) return kept;
  const entry = generateRingEntry(new Date());
  writeWhole(join(folder, keysFile), `${entry}\n`);
  return entry;
}

/** Null where no development server has made a ring yet. */
export function readDevelopmentKeys(folder: string): string | null {
  const path = join(folder, keysFile);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}

/** Puts a new key in front of the development ring; the older ones stay for what they sealed. */
export function addDevelopmentKey(folder: string): string {
  const ring = [generateRingEntry(new Date()), developmentKeys(folder)].join(',');
  writeWhole(join(folder, keysFile), `${ring}\n`);
  return ring;
}

export function readCredentials(folder: string): DevelopmentCredentials | null {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(folder, credentialsFile), 'utf8'));
    return isCredentials(parsed) ? parsed : null;
  } catch {
    // Missing or half edited by hand: the server writes it anew.
    return null;
  }
}

export function writeCredentials(folder: string, credentials: object): void {
  writeWhole(join(folder, credentialsFile), `${JSON.stringify(credentials, null, 2)}\n`);
}

function isCredentials(value: unknown): value is DevelopmentCredentials {
  if (typeof value !== 'object' || value === null) return false;
  const { url, application, apiKey } = value as Record<string, unknown>;
  return [url, application, apiKey].every((field) => typeof field === 'string');
}

/** A reader sees the old file or the new one, never a part, and never with open rights. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.${randomBytes(4).toString('hex')}.new`;
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
