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
  /** Commits again what could not be committed when it was done. */
  commitDone(): Promise<void>;
  /** Takes nothing any more; resolves once all that was taken has ended. */
  stop(): Promise<void>;
}

/** Taken and not done, for each that may run: enough to find work for all of them. */
const pendingPerRunning = 4;
/** Done, or not, but not committed. */
const trackedMax = 10_000;

/**
 * Every record between its fetch and its commit. It outlives memberships: what was begun in one is
 * ended, and known, in the next.
 */
export function holdRecords({ parallelMax, log, readWork, member }: HoldParts): HeldRecords {
  const lanes = createKeyLanes(parallelMax);
  const trackers = new Map<string, OffsetTracker<DeliveredRecord>>();
  let isStopped = false;
  let changed = Promise.withResolvers<void>();

  function tellChange(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  function hasRoom(): boolean {
    let tracked = 0;
    for (const tracker of trackers.values()) tracked += tracker.size();
    return lanes.pending() < parallelMax * pendingPerRunning && tracked < trackedMax;
  }

  function trackerOf({ topic, partition }: DeliveredRecord): OffsetTracker<DeliveredRecord> {
    const name = `${topic}:${partition}`;
    const tracker = trackers.get(name) ?? createOffsetTracker();
    trackers.set(name, tracker);
    return tracker;
  }

  async function commit(tracker: OffsetTracker<DeliveredRecord>): Promise<void> {
    const last = tracker.committable();
    if (last === undefined) return;
    // Whoever has the partition now commits by itself, and may be further already.
    if (member()?.owns(last.topic, last.partition) === true) {
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
          await run();
          tracker.finish(record);
          void commit(tracker);
        } catch (error) {
          log.debug({ err: error, ...placeOf(record) }, 'a command was left to the next node');
        }
        // The lane counts this as ended a moment later.
        setImmediate(tellChange);
      });
    },
    async commitDone() {
      await Promise.all([...trackers.values()].map(commit));
    },
    async stop() {
      isStopped = true;
      tellChange();
      while (lanes.pending() > 0) await changed.promise;
    },
  };
}
