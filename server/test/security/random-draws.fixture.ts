/** Draws codes, ids and keys in a process or a thread of its own, and hands over what it drew. */
import { randomInt } from 'node:crypto';
import { isMainThread, parentPort } from 'node:worker_threads';
import { makeCode } from '#domain/code.ts';
import { generateRingEntry } from '#service/key-ring.ts';
import { makeId } from '#service/make-id.ts';

const count = 2_000;
const eightDigits = { alphabet: 'digits', length: 8 } as const;
const drawn = {
  codes: Array.from({ length: count }, () => makeCode(eightDigits, (max) => randomInt(max))),
  ids: Array.from({ length: count }, () => makeId('wk')),
  keys: [generateRingEntry(new Date(0))],
};
if (isMainThread) process.stdout.write(JSON.stringify(drawn));
else parentPort?.postMessage(drawn);
