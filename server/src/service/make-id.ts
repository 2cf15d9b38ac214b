import { randomBytes } from 'node:crypto';
import { formatId, headAt, headsPerMs, type IdPrefix, idRandomLength } from '#domain/id.ts';

let lastHead = 0;
let pool = Buffer.alloc(0);
let poolAt = 0;

/**
 * A new id. Heads rise strictly within a process; two processes that draw the same one are told
 * apart by storage, which refuses a taken head. Random bytes are drawn in blocks: one call for each
 * id would cost more than the rest of it. `shard` is that of the recipient it belongs to.
 */
export function makeId(prefix: IdPrefix, shard: number | null = null): string {
  const bytes = takeRandom(idRandomLength + 2);
  const offset = bytes.readUInt16BE(idRandomLength) % (headsPerMs / 2);
  lastHead = Math.max(lastHead + 1, headAt(Date.now()) + offset);
  return formatId(prefix, lastHead, bytes, shard);
}

function takeRandom(length: number): Buffer {
  if (poolAt + length > pool.length) {
    pool = randomBytes(4_096);
    poolAt = 0;
  }
  const bytes = pool.subarray(poolAt, poolAt + length);
  poolAt += length;
  return bytes;
}
