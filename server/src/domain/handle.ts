/**
 * Handles: what an id of ours is called in the shapes that other vendors' clients expect. They are
 * computed from the id, so a verification that began through any door has one in every door, and no
 * table keeps them. The way back needs the storage, because a handle holds only a part of the id:
 * the head (53 bits) and the shard (10 bits) find the row, the rest tells whether it is meant.
 *
 * A handle is a name and no secret: most of a decimal one can be guessed. Whoever presents one is
 * authenticated first, and finds verifications of the own application alone.
 */
import { headOf, randomBitsOf, shardOfId, shards } from '#domain/id.ts';

export interface Handle {
  readonly head: number;
  readonly shard: number;
  /** As many of the id's random bits as the shape has room for. */
  readonly random: { readonly count: number; readonly bits: bigint };
}

const shardBits = 10;
/** RFC 9562 leaves 122 of a UUID's bits to version 8. */
const uuidRandomBits = 59;
const wordRandomBits = 14;
const wordLength = 15;

/** Decimal digits that fit a signed 64-bit integer. */
export function decimalHandle(id: string): string {
  return String(pack(id, 0));
}

/** A UUID of version 8 (RFC 9562 section 5.8), in small letters. */
export function uuidHandle(id: string): string {
  const bits = pack(id, uuidRandomBits);
  const high = bits >> 74n;
  const middle = (bits >> 62n) & 0xfffn;
  const low = bits & ((1n << 62n) - 1n);
  const all = (high << 80n) | (8n << 76n) | (middle << 64n) | (2n << 62n) | low;
  const hex = all.toString(16).padStart(32, '0');
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => hex.slice(from, to))
    .join('-');
}

/** Fifteen digits and small letters. */
export function wordHandle(id: string): string {
  return pack(id, wordRandomBits).toString(36).padStart(wordLength, '0');
}

export function readDecimalHandle(text: string): Handle | null {
  return /^(?:0|[1-9][0-9]{0,18})$/.test(text) ? unpack(BigInt(text), 0) : null;
}

export function readUuidHandle(text: string): Handle | null {
  const shape = /^([0-9a-f]{8})-([0-9a-f]{4})-8([0-9a-f]{3})-([89ab][0-9a-f]{3})-([0-9a-f]{12})$/;
  const parts = shape.exec(text)?.slice(1);
  if (parts === undefined) return null;
  const [first, second, middle, variant, last] = parts;
  const low = BigInt(`0x${variant}${last}`) & ((1n << 62n) - 1n);
  const bits = (BigInt(`0x${first}${second}`) << 74n) | (BigInt(`0x${middle}`) << 62n) | low;
  return unpack(bits, uuidRandomBits);
}

export function readWordHandle(text: string): Handle | null {
  if (!/^[0-9a-z]{15}$/.test(text)) return null;
  let bits = 0n;
  for (const symbol of text) bits = bits * 36n + BigInt(Number.parseInt(symbol, 36));
  return unpack(bits, wordRandomBits);
}

/** Whether the handle is one of this id. */
export function isNamedBy(id: string, { head, shard, random }: Handle): boolean {
  return (
    headOf(id, 'vf') === head &&
    shardOfId(id) === shard &&
    randomBitsOf(id, random.count) === random.bits
  );
}

/** Head, shard and the first random bits of an id as one number. */
function pack(id: string, randomCount: number): bigint {
  const head = headOf(id, 'vf');
  if (head === null) throw new Error('Only the id of a verification has a handle.');
  const row = (BigInt(head) << BigInt(shardBits)) | BigInt(shardOfId(id));
  return (row << BigInt(randomCount)) | randomBitsOf(id, randomCount);
}

function unpack(packed: bigint, randomCount: number): Handle | null {
  const row = packed >> BigInt(randomCount);
  const head = Number(row >> BigInt(shardBits));
  if (!Number.isSafeInteger(head)) return null;
  const bits = packed & ((1n << BigInt(randomCount)) - 1n);
  return { head, shard: Number(row % BigInt(shards)), random: { count: randomCount, bits } };
}
