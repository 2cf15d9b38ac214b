import type { Storage } from '#service/ports.ts';

/** How long a measured distance between the storage's time and this machine's holds. */
const measuredMs = 1_000;

/** The storage's time without asking it for each request; what is wrong by is below a second. */
export interface StorageClock {
  nowMs(): Promise<number>;
  /** For who has just moved the storage's time: the next question is asked there. */
  forget(): void;
}

export function createStorageClock(
  storage: Pick<Storage, 'now'>,
  monotonicMs: () => number = () => performance.now(),
): StorageClock {
  let measured: { readonly aheadMs: Promise<number>; readonly atMs: number } | null = null;

  function measure(): Promise<number> {
    const atMs = monotonicMs();
    const aheadMs = storage.now().then((nowMs) => nowMs - monotonicMs());
    measured = { aheadMs, atMs };
    // One that failed is not kept.
    aheadMs.catch(() => {
      if (measured?.aheadMs === aheadMs) measured = null;
    });
    return aheadMs;
  }

  return {
    async nowMs() {
      const isFresh = measured !== null && monotonicMs() - measured.atMs < measuredMs;
      const aheadMs = await (isFresh && measured !== null ? measured.aheadMs : measure());
      return Math.floor(monotonicMs() + aheadMs);
    },
    forget() {
      measured = null;
    },
  };
}
