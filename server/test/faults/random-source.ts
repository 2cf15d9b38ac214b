import { createHash } from 'node:crypto';

/** Draws that are the same for the same seed: a run that failed can be made again. */
export interface RandomSource {
  /** A whole number from 0 up to, and without, `max`. */
  below(max: number): number;
  /** A whole number, both ends included. */
  between(min: number, max: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
}

/** Mulberry32: 32 bits of state are plenty for choices of a test. */
export function createRandomSource(seed: string): RandomSource {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const below = (max: number) => Math.floor(next() * max);
  return {
    below,
    between: (min, max) => min + below(max - min + 1),
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error('There is nothing to pick from.');
      return item;
    },
  };
}
