/** Where a lane leads, for example to one provider, and how much may be under way to it at once. */
export interface LaneEnd {
  readonly name: string;
  readonly concurrencyMax: number;
}

/** Queues in memory, one for each end, so that a slow one never holds another up. */
export interface Lanes<Task> {
  /** False when as many as allowed wait already: the caller keeps the task elsewhere. */
  enqueue(end: LaneEnd, task: Task): boolean;
  /** Whether `enqueue` would take one more. */
  hasRoom(end: LaneEnd): boolean;
  /** Work beside the lanes that `whenIdle` waits for too. */
  track(work: Promise<void>): void;
  /** Resolves when what is under way at this moment is over; more may have begun by then. */
  whenSettled(): Promise<void>;
  /** Resolves when nothing is under way or waiting. */
  whenIdle(): Promise<void>;
}

interface Lane<Task> {
  readonly waiting: Task[];
  underWay: number;
}

/** `attempt` runs at most `concurrencyMax` times at once for each end. */
export function createLanes<Task extends object>(parts: {
  /** In one lane. */
  readonly waitingMax: number;
  readonly attempt: (task: Task) => Promise<void>;
  readonly onError: (error: unknown) => void;
}): Lanes<Task> {
  const lanes = new Map<string, Lane<Task>>();
  const underWay = new Set<Promise<void>>();

  function startNext({ name, concurrencyMax }: LaneEnd, lane: Lane<Task>): void {
    while (lane.underWay < concurrencyMax) {
      const task = lane.waiting.shift();
      if (task === undefined) break;
      lane.underWay++;
      const work = parts.attempt(task).finally(() => {
        lane.underWay--;
        startNext({ name, concurrencyMax }, lane);
      });
      track(work);
    }
    // Ends come and go; a lane is kept only while something is in it.
    if (lane.underWay === 0) lanes.delete(name);
  }

  function track(work: Promise<void>): void {
    const handled = work.catch(parts.onError).finally(() => underWay.delete(handled));
    underWay.add(handled);
  }

  async function whenSettled(): Promise<void> {
    await Promise.all(underWay);
  }

  return {
    enqueue(end, task) {
      const lane = lanes.get(end.name) ?? { waiting: [], underWay: 0 };
      if (lane.waiting.length >= parts.waitingMax) return false;
      lanes.set(end.name, lane);
      lane.waiting.push(task);
      startNext(end, lane);
      return true;
    },
    hasRoom: ({ name }) => (lanes.get(name)?.waiting.length ?? 0) < parts.waitingMax,
    track,
    whenSettled,
    async whenIdle() {
      while (underWay.size > 0) await whenSettled();
    },
  };
}
