import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from '#storage/sqlite/sqlite-error.ts';

export interface DataFolderLock {
  release(): void;
}

/**
 * One server for each data folder. The lock is an exclusive transaction, held open on a file of its
 * own: the operating system drops it with the process, so `kill -9` leaves nothing to clean up, and
 * the command line still reaches the database itself. Null when another process holds it.
 */
export function lockDataFolder(folder: string): DataFolderLock | null {
  const holder = new DatabaseSync(join(folder, 'server.lock'), { timeout: 0 });
  try {
    holder.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    if (isBusy(error)) return null;
    throw error;
  }
  return { release: () => holder.close() };
}
