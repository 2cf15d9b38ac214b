/**
 * What the clock starts shares the thread with the hot path, so each step ends by the clock: how
 * long a row takes depends on what has to be read from the disk for it. With the commit that
 * follows, nobody is held up for more than ten milliseconds.
 */
const stepMaxMs = 3;
/** Rows between two looks at the clock. */
const chunk = 20;

/** Whether the step that began when this was made has taken its time. */
export type IsOver = () => boolean;

export function startStep(monotonicMs: () => number): IsOver {
  const endMs = monotonicMs() + stepMaxMs;
  return () => monotonicMs() >= endMs;
}

/**
 * Takes rows a chunk at a time until `limit` is reached, time is over or `take` finds fewer than it
 * was asked for. Answers how many it took, and whether there may be more.
 */
export function inChunks(
  limit: number,
  isOver: IsOver,
  take: (count: number) => number,
): { taken: number; more: boolean } {
  let taken = 0;
  // The first chunk is taken in any case: whoever comes late still comes further.
  do {
    const asked = Math.min(chunk, limit - taken);
    const found = take(asked);
    taken += found;
    if (found < asked) return { taken, more: false };
  } while (taken < limit && !isOver());
  return { taken, more: true };
}
