/**
 * Copies the log into the database file without holding up the batches.
 *
 * SQLite does it within the commit that finds the log long enough, and every caller waits for its
 * pages and its sync: measured 12 ms on a quiet machine, 85 on a busy one, twice a second under
 * load. Here a second thread copies while this one goes on writing, which SQLite allows; what is
 * left for this one took 1 to 13 ms on the busy machine.
 *
 * Rules:
 * 1. The thread is started when there is enough to copy for the first time, so a small server never
 *    has it.
 * 2. What was written while it copied is copied here afterwards, which is little. Only a log that
 *    was copied to its end begins anew, so without this it would grow as long as load lasts.
 * 3. When the thread is lost, SQLite copies by itself as before.
 */
import { Worker } from 'node:worker_threads';
import type { Database } from '#storage/sqlite/statement.ts';

/** Row changes; measured, six of them write about one page of the log. */
const changesUsual = 50_000;
/** Where SQLite copies by itself, in pages: 10,000 is what it does without the second thread. */
const pagesMax = { alone: 10_000, helped: 100_000 } as const;

// Beside this file, under the name it has when run from source or compiled.
const program = new URL(
  import.meta.url.endsWith('.ts') ? './checkpointer.ts' : './checkpointer.js',
  import.meta.url,
);

export interface Checkpoints {
  /** Called between batches. */
  look(): void;
  close(): Promise<void>;
}

export function createCheckpoints(
  database: Database,
  file: string,
  { thread = program, changesMax = changesUsual } = {},
): Checkpoints {
  const copyRest = database.prepareTuples('PRAGMA wal_checkpoint(PASSIVE)');
  const ended = Promise.withResolvers<void>();
  let helper: Worker | null = null;
  let isCopying = false;
  let isLost = false;
  let copiedAt = 0;

  function start(): Worker {
    const worker = new Worker(thread, {
      workerData: file,
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 },
    });
    worker.on('message', () => {
      isCopying = false;
      finishCopying();
    });
    // What it ended with is of no use: its end alone is what counts.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      helper = null;
      isLost = true;
      database.exec(`PRAGMA wal_autocheckpoint = ${pagesMax.alone}`);
      ended.resolve();
    });
    database.exec(`PRAGMA wal_autocheckpoint = ${pagesMax.helped}`);
    return worker;
  }

  function finishCopying(): void {
    try {
      copyRest.all();
    } catch {
      // As in the thread: it stays in the log, and the commits tell of a disk that fails.
    }
  }

  return {
    look() {
      if (isCopying || isLost) return;
      const count = database.changes;
      if (count - copiedAt < changesMax) return;
      copiedAt = count;
      isCopying = true;
      helper ??= start();
      helper.postMessage('copy');
    },
    async close() {
      if (helper === null) return;
      helper.postMessage('close');
      await ended.promise;
    },
  };
}
