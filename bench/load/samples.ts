import type { Percentiles } from './protocol.ts';

/** Durations in milliseconds, every one of them kept until the percentiles are asked for. */
export interface Samples {
  add(valueMs: number): void;
  percentiles(): Percentiles;
}

export function createSamples(): Samples {
  let values = new Float64Array(65_536);
  let count = 0;
  return {
    add(valueMs) {
      if (count === values.length) {
        const larger = new Float64Array(count * 2);
        larger.set(values);
        values = larger;
      }
      values[count++] = valueMs;
    },
    percentiles() {
      const sorted = values.subarray(0, count).toSorted();
      // The nearest rank: the smallest value that so many per cent of the values do not exceed.
      const at = (share: number) => sorted[Math.max(0, Math.ceil(count * share) - 1)] ?? 0;
      return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
    },
  };
}
