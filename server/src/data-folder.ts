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
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { generateRingEntry } from '#service/key-ring.ts';

/** What a user's test suite reads to reach the server. Vendors' parts come with their façades. */
export interface DevelopmentCredentials {
  readonly url: string;
  readonly application: string;
  readonly apiKey: string;
}

const credentialsFile = 'dev-credentials.json';
const keysFile = 'dev-keys';

/** Makes the folder, readable by its owner alone. */
export function openDataFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}

/**
 * The key ring of a development server that was given none: made once, kept beside the database.
 * Beside the database is the wrong place for keys, which is why `serve` never looks here.
 */
export function developmentKeys(folder: string): string {
  const path = join(folder, keysFile);
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const entry = generateRingEntry(new Date());
  writeWhole(path, `${entry}\n`);
  return entry;
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
