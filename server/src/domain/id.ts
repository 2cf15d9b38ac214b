/**
 * Ids: a prefix, a time-ordered head of 53 bits and 130 random bits, in Crockford's base 32:
 * `vf_` + 11 + 26 characters. The head is a whole number of its own, so storage can keep rows in
 * the order of time and find one without an index over the text; the random part is what makes an
 * id unguessable (ASVS 11.5.1 asks for 128 bits).
 *
 * Ids of what belongs to a recipient end with its shard, two characters more: a storage that is
 * spread over many machines knows from the id alone where the row lies
 * (docs/internals/scale.md).
 */
export type IdPrefix = 'vf' | 'dl' | 'app' | 'wk' | 'key' | 'crd' | 'msg' | 'evt' | 'req';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
/** Two symbols at a time: measured, a third of the time that one at a time takes. */
const pairs = [...alphabet].flatMap((high) => [...alphabet].map((low) => high + low));
const headLength = 11;
export const idRandomLength = 26;
const shardLength = 2;
const idPattern = /^[a-z]{2,3}_[0-9a-hjkmnp-tv-z]{37}(?:[0-9a-hjkmnp-tv-z]{2})?$/;

/** Shards are numbered from 0; ids without one belong to shard 0. */
export const shards = 32 ** shardLength;

const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The shard of a recipient: ten bits of its keyed hash (base64url). */
export function shardOfHash(hash: string): number {
  const first = base64url.indexOf(hash[0] ?? 'A');
  const second = base64url.indexOf(hash[1] ?? 'A');
  return (Math.max(0, first) * 64 + Math.max(0, second)) % shards;
}

/** The shard that an id ends with. */
export function shardOfId(id: string): number {
  const bare = id.slice(id.indexOf('_') + 1 + headLength + idRandomLength);
  let shard = 0;
  for (const symbol of bare) shard = shard * 32 + Math.max(0, alphabet.indexOf(symbol));
  return shard % shards;
}

/** 2024-01-01: with 4096 heads a millisecond, 53 bits last until 2093. */
const epochMs = 1_704_067_200_000;
export const headsPerMs = 4096;

/** The lowest head of a moment. */
export function headAt(timeMs: number): number {
  return Math.max(0, timeMs - epochMs) * headsPerMs;
}

/** `randomBytes` must hold at least 26 bytes; five bits of each are used, so none is biased. */
export function formatId(
  prefix: IdPrefix,
  head: number,
  randomBytes: Uint8Array,
  shard: number | null = null,
): string {
  let text = '';
  let rest = head;
  for (let position = 1; position < headLength; position += 2) {
    text = `${pairs[rest % pairs.length]}${text}`;
    rest = Math.floor(rest / pairs.length);
  }
  text = `${alphabet[rest]}${text}`;
  for (let position = 0; position < idRandomLength; position += 2) {
    const high = (randomBytes[position] ?? 0) & 31;
    text += pairs[high * 32 + ((randomBytes[position + 1] ?? 0) & 31)];
  }
  if (shard !== null) text += pairs[shard];
  return `${prefix}_${text}`;
}

/** The head of a well-formed id with this prefix; null for everything else. */
export function headOf(id: string, prefix: IdPrefix): number | null {
  if (!idPattern.test(id) || !id.startsWith(`${prefix}_`)) return null;
  let head = 0;
  const start = prefix.length + 1;
  for (let position = start; position < start + headLength; position++) {
    head = head * 32 + alphabet.indexOf(id[position] ?? '');
  }
  return Number.isSafeInteger(head) ? head : null;
}

/** The first `count` of the random bits of a well-formed id. */
export function randomBitsOf(id: string, count: number): bigint {
  const start = id.indexOf('_') + 1 + headLength;
  const symbols = Math.ceil(count / 5);
  let bits = 0n;
  for (const symbol of id.slice(start, start + symbols)) {
    bits = bits * 32n + BigInt(alphabet.indexOf(symbol));
  }
  return bits >> BigInt(symbols * 5 - count);
}
