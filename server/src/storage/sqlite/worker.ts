/** The thread that the database lives in: a slow disk stops this one and not the server's. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Checkpoints, createCheckpoints } from '#storage/sqlite/checkpoints.ts';
import { type Engine, openEngine } from '#storage/sqlite/engine.ts';
import {
  type FromWorker,
  packOutcomes,
  type ToWorker,
  unpack,
  type WorkerOptions,
} from '#storage/sqlite/messages.ts';
import { StorageRefused } from '#storage/sqlite/refused.ts';

const port = parentPort;
if (port === null) throw new Error('This file runs as a worker thread.');

function post(message: FromWorker): void {
  port?.postMessage(message);
}

function open(): Engine | null {
  try {
    return openEngine(workerData as WorkerOptions);
  } catch (error) {
    if (!(error instanceof StorageRefused)) throw error;
    post({ kind: 'refused', reason: error.reason, message: error.message });
    return null;
  }
}

/** The last connection to close copies the log to its end and removes it. */
async function close(engine: Engine, checkpoints: Checkpoints): Promise<void> {
  await checkpoints.close();
  engine.close();
  post({ kind: 'closed' });
  port?.close();
}

const engine = open();
if (engine !== null) {
  const checkpoints = createCheckpoints(engine.database, engine.file);
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'batch') {
      const batch = unpack(message.json);
      post({ kind: 'outcomes', json: packOutcomes(batch, engine.run(batch)) });
      checkpoints.look();
      return;
    }
    void close(engine, checkpoints);
  });
  post({ kind: 'ready' });
}
