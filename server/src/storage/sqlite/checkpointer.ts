/** The thread that copies the log into the database file: see `checkpoints.ts`. */
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

const port = parentPort;
if (port === null) throw new Error('This file runs as a worker thread.');

// A file that was moved away meanwhile must not be made anew.
const address = pathToFileURL(String(workerData));
address.searchParams.set('mode', 'rw');
const database = new DatabaseSync(address);
database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');

/** What cannot be copied now, because the disk is full, stays in the log, where it is safe. */
function copy(): void {
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } catch {
    // The commits tell of a disk that fails; SQLite's own copying is silent about it too.
  }
}

port.on('message', (message: 'copy' | 'close') => {
  if (message === 'copy') {
    copy();
    port.postMessage('copied');
    return;
  }
  database.close();
  port.close();
});
