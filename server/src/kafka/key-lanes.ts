/**
 * Runs work side by side, at most so much at once; work with the same word runs in the order in
 * which it came. Nothing here is bounded but what runs: whoever adds work waits for room first.
 */
export interface KeyLanes {
  /** `work` never rejects. */
  add(word: string, work: () => Promise<void>): void;
  /** How much was added and has not ended. */
  pending(): number;
}

export function createKeyLanes(runningMax: number): KeyLanes {
  const lanes = new Map<string, (() => Promise<void>)[]>();
  /** Words whose first work may run as soon as there is room. */
  const ready: string[] = [];
  let running = 0;
  let pending = 0;

  function runReady(): void {
    while (running < runningMax) {
      const word = ready.shift();
      if (word === undefined) return;
      running += 1;
      void runFirst(word);
    }
  }

  async function runFirst(word: string): Promise<void> {
    const lane = lanes.get(word) ?? [];
    await lane[0]?.();
    lane.shift();
    running -= 1;
    pending -= 1;
    if (lane.length === 0) lanes.delete(word);
    else ready.push(word);
    runReady();
  }

  return {
    add(word, work) {
      pending += 1;
      const lane = lanes.get(word);
      if (lane !== undefined) {
        lane.push(work);
        return;
      }
      lanes.set(word, [work]);
      ready.push(word);
      runReady();
    },
    pending: () => pending,
  };
}
