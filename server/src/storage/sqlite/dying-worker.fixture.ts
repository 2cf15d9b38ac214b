/** Opens, answers the first batch and dies with the second, as a worker out of memory would. */
import { parentPort } from 'node:worker_threads';
import { type FromWorker, pack } from '#storage/sqlite/messages.ts';

let batches = 0;
parentPort?.on('message', () => {
  batches++;
  if (batches > 1) process.exit(1);
  const json = pack([{ ok: true, value: 1 }] as const);
  parentPort?.postMessage({ kind: 'outcomes', json } satisfies FromWorker);
});
parentPort?.postMessage({ kind: 'ready' } satisfies FromWorker);
