import type { Log } from '#service/log-port.ts';
import type { DeliveredRecord, GroupMember } from './client.ts';
import { createKeyLanes } from './key-lanes.ts';
import { createOffsetTracker, type OffsetTracker } from './offset-tracker.ts';
import { placeOf } from './record.ts';

/** What a record takes, and which records of its topic wait for each other. */
export interface Work {
  readonly order: string;
  /** Throws when the server stops before the record is done. */
  run(): Promise<void>;
}

export interface HoldParts {
  readonly parallelMax: number;
  readonly log: Log;
  readonly readWork: (record: DeliveredRecord) => Work;
  /** The membership that commits go through; null between two of them. */
  readonly member: () => GroupMember | null;
}

export interface HeldRecords {
  /** Resolves when the record is taken: not before there is room for it. */
  take(record: DeliveredRecord): Promise<void>;
  /**
   * Asked from time to time. Commits again what could not be committed when it was done, and
   * forgets partitions that other nodes have.
   */
  tidyUp(): Promise<void>;
  /** Whether records are missing that only a new membership fetches again. */
  hasGaps(): boolean;
  /** Takes nothing any more; resolves once all that was taken has ended. */
  stop(): Promise<void>;
}

/** Taken and not done, for each that may run: enough to find work for all of them. */
const pendingPerRunning = 4;
/** Done, or not, but not committed. */
const trackedMax = 10_000;
/** A group that changes is settled by then, and no fetch from before it is under way any more. */
const settledAfter = 2;

interface Held {
  readonly partition: { readonly topic: string; readonly partition: number };
  readonly tracker: OffsetTracker<DeliveredRecord>;
  /** How often in a row it was found with nothing open and not ours, or with records left. */
  foreign: number;
  gaps: number;
}

/**
 * Every record between its fetch and its commit. It outlives memberships: what was begun in one is
 * ended, and known, in the next.
 */
export function holdRecords({ parallelMax, log, readWork, member }: HoldParts): HeldRecords {
  const lanes = createKeyLanes(parallelMax);
  const partitions = new Map<string, Held>();
  let isStopped = false;
  let changed = Promise.withResolvers<void>();

  function tellChange(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  function hasRoom(): boolean {
    let tracked = 0;
    for (const { tracker } of partitions.values()) tracked += tracker.size();
    return lanes.pending() < parallelMax * pendingPerRunning && tracked < trackedMax;
  }

  function trackerOf({ topic, partition }: DeliveredRecord): OffsetTracker<DeliveredRecord> {
    const name = `${topic}:${partition}`;
    const tracker = partitions.get(name)?.tracker ?? createOffsetTracker<DeliveredRecord>();
    const held = { partition: { topic, partition }, tracker, foreign: 0, gaps: 0 };
    if (!partitions.has(name)) partitions.set(name, held);
    return tracker;
  }

  /** Between two memberships nobody knows. */
  function isForeign({ topic, partition }: Held['partition']): boolean {
    return member()?.owns(topic, partition) === false;
  }

  async function commit(tracker: OffsetTracker<DeliveredRecord>): Promise<void> {
    const last = tracker.committable();
    if (last === undefined) return;
    // Whoever has the partition now commits by itself, and may be further already.
    if (!isForeign(last)) {
      try {
        await last.commit();
      } catch (error) {
        log.debug({ err: error, ...placeOf(last) }, 'a commit has to wait');
        return;
      }
    }
    tracker.forget(last);
    tellChange();
  }

  return {
    async take(record) {
      while (!hasRoom() && !isStopped) await changed.promise;
      if (isStopped) return;
      const tracker = trackerOf(record);
      if (!tracker.receive(record)) return;
      const { order, run } = readWork(record);
      lanes.add(`${record.topic}\n${order}`, async () => {
        try {
          // Another node has it, and begins with it: here it would only be done a second time.
          if (isForeign(record)) {
            tracker.leave(record);
          } else {
            await run();
            tracker.finish(record);
            void commit(tracker);
          }
        } catch (error) {
          log.debug({ err: error, ...placeOf(record) }, 'a command was left to the next node');
        }
        // The lane counts this as ended a moment later.
        setImmediate(tellChange);
      });
    },
    async tidyUp() {
      await Promise.all([...partitions.values()].map(({ tracker }) => commit(tracker)));
      for (const [name, held] of partitions) {
        const isGone = isForeign(held.partition) && !held.tracker.has('open');
        held.foreign = isGone ? held.foreign + 1 : 0;
        held.gaps = !isGone && hasRoom() && held.tracker.has('left') ? held.gaps + 1 : 0;
        if (held.foreign >= settledAfter) partitions.delete(name);
      }
    },
    hasGaps: () => [...partitions.values()].some(({ gaps }) => gaps >= settledAfter),
    async stop() {
      isStopped = true;
      tellChange();
      while (lanes.pending() > 0) await changed.promise;
    },
  };
}
