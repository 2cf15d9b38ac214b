import type { Provider } from '#service/provider-port.ts';

/** Queues in memory, one for each provider, so that a slow one never holds another up. */
export interface ProviderLanes<Task> {
  /** False when as many as allowed wait already: the caller keeps the task elsewhere. */
  enqueue(provider: Provider, task: Task): boolean;
  /** Work beside the lanes that `whenIdle` waits for too. */
  track(work: Promise<void>): void;
  /** Resolves when what is under way at this moment is over; more may have begun by then. */
  whenSettled(): Promise<void>;
  /** Resolves when nothing is under way or waiting. */
  whenIdle(): Promise<void>;
}

interface Lane<Task> {
  readonly provider: Provider;
  readonly waiting: Task[];
  underWay: number;
}

/** `attempt` runs at most `concurrencyMax` times at once for each provider. */
export function createProviderLanes<Task>(parts: {
  readonly waitingMax: number;
  readonly attempt: (provider: Provider, task: Task) => Promise<void>;
  readonly onError: (error: unknown) => void;
}): ProviderLanes<Task> {
  const lanes = new Map<string, Lane<Task>>();
  const underWay = new Set<Promise<void>>();

  function laneOf(provider: Provider): Lane<Task> {
    const known = lanes.get(provider.name);
    if (known !== undefined) return known;
    const lane: Lane<Task> = { provider, waiting: [], underWay: 0 };
    lanes.set(provider.name, lane);
    return lane;
  }

  function startNext(lane: Lane<Task>): void {
    while (lane.underWay < lane.provider.concurrencyMax) {
      const task = lane.waiting.shift();
      if (task === undefined) return;
      lane.underWay++;
      const work = parts.attempt(lane.provider, task).finally(() => {
        lane.underWay--;
        startNext(lane);
      });
      track(work);
    }
  }

  function track(work: Promise<void>): void {
    const handled = work.catch(parts.onError).finally(() => underWay.delete(handled));
    underWay.add(handled);
  }

  async function whenSettled(): Promise<void> {
    await Promise.all(underWay);
  }

  return {
    enqueue(provider, task) {
      const lane = laneOf(provider);
      if (lane.waiting.length >= parts.waitingMax) return false;
      lane.waiting.push(task);
      startNext(lane);
      return true;
    },
    track,
    whenSettled,
    async whenIdle() {
      while (underWay.size > 0) await whenSettled();
    },
  };
}
