/** Java's `Utils.murmur2`: MurmurHash 2 of Austin Appleby with this seed, on 32 bits. */
const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/**
 * The number that Apache Kafka's own clients choose a record's partition by, not negative: modulo
 * the number of partitions it is the partition (`BuiltInPartitioner.partitionForKey`). So replies
 * lie where those of a Java service would. The library's own never cuts its number to 32 bits and
 * takes minutes, with the process at a standstill, for a key of a megabyte.
 */
export function hashKey(key: Buffer): number {
  const rest = key.length % 4;
  const end = key.length - rest;
  let hash = seed ^ key.length;
  for (let at = 0; at < end; at += 4) {
    const mixed = Math.imul(key.readInt32LE(at), multiplier);
    hash = Math.imul(hash, multiplier) ^ Math.imul(mixed ^ (mixed >>> 24), multiplier);
  }
  if (rest > 0) hash = Math.imul(hash ^ key.readUIntLE(end, rest), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return (hash ^ (hash >>> 15)) & 0x7fffffff;
}
