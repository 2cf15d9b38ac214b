import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '#service/log-port.ts';
import type { DeliveredRecord, GroupMember } from './client.ts';
import { createOffsetTracker, type OffsetTracker } from './offset-tracker.ts';
import { placeOf } from './record.ts';
import { createTopicLanes } from './topic-lanes.ts';

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
  /**
   * Resolves when the record is taken: not before there is room for it. Where its topic stands
   * still, the record is skipped, so that those of other topics are not behind it.
   */
  take(record: DeliveredRecord): Promise<void>;
  /**
   * Asked from time to time. Commits again what could not be committed when it was done, forgets
   * partitions that other nodes have, and sees which topics stand still.
   */
  tidyUp(): Promise<void>;
  /** Whether records are missing that only a new membership fetches again. */
  hasGaps(): boolean;
  /** Takes nothing any more; resolves once all that was taken has ended. */
  stop(): Promise<void>;
}

/** Of a topic: done, or not, but not committed. */
const trackedMax = 10_000;
/**
 * From the answer to a commit until the next: one costs the broker and this node as much as a
 * reply. What was done and not committed when a node dies is known by the next, and answered alike.
 */
const commitPauseMs = 50;
/** A group that changes is settled by then, and no fetch from before it is under way any more. */
const settledAfter = 2;

interface Held {
  readonly partition: { readonly topic: string; readonly partition: number };
  readonly tracker: OffsetTracker<DeliveredRecord>;
  /** How often in a row it was found with nothing open and not ours, or with records left. */
  foreign: number;
  gaps: number;
  /** The membership that skipped a record, and so all later ones: the next fetches them again. */
  skippedIn: GroupMember | null | undefined;
}

/**
 * Every record between its fetch and its commit. It outlives memberships: what was begun in one is
 * ended, and known, in the next.
 */
export function holdRecords({ parallelMax, log, readWork, member }: HoldParts): HeldRecords {
  const lanes = createTopicLanes(parallelMax);
  const partitions = new Map<string, Held>();
  let isStopped = false;
  let changed = Promise.withResolvers<void>();

  function tellChange(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  function hasRoom(topic: string): boolean {
    let tracked = 0;
    for (const held of partitions.values()) {
      if (held.partition.topic === topic) tracked += held.tracker.size();
    }
    return tracked < trackedMax && lanes.hasRoom(topic);
  }

  /** Between two memberships nobody knows. */
  function isForeign({ topic, partition }: Held['partition']): boolean {
    return member()?.owns(topic, partition) === false;
  }

  async function commitAll(): Promise<boolean> {
    if (member() === null) return false;
    const commits = [...partitions.values()].map((held) => commitDone(held, isForeign, log));
    const isAny = (await Promise.all(commits)).includes(true);
    if (isAny) tellChange();
    return isAny;
  }

  const commitSoon = paced(commitAll, commitPauseMs);

  return {
    async take(record) {
      const { topic } = record;
      while (!isStopped && !hasRoom(topic)) {
        if (lanes.standsStill(topic)) {
          heldOf(partitions, record).skippedIn = member();
          return;
        }
        await changed.promise;
      }
      const { tracker, skippedIn } = heldOf(partitions, record);
      if (isStopped || skippedIn === member() || !tracker.receive(record)) return;
      const { order, run } = readWork(record);
      lanes.add(topic, order, async () => {
        try {
          // Another node has it, and begins with it: here it would only be done a second time.
          if (isForeign(record)) {
            tracker.leave(record);
          } else {
            await run();
            tracker.finish(record);
            commitSoon();
          }
        } catch (error) {
          log.debug({ err: error, ...placeOf(record) }, 'a command was left to the next node');
        }
        // The lane counts this as ended a moment later.
        setImmediate(tellChange);
      });
    },
    async tidyUp() {
      await commitAll();
      lanes.look(hasRoom);
      tellChange();
      for (const [name, held] of partitions) {
        const isGone = isForeign(held.partition) && !held.tracker.has('open');
        held.foreign = isGone ? held.foreign + 1 : 0;
        const isShort = held.tracker.has('left') || held.skippedIn === member();
        held.gaps = !isGone && hasRoom(held.partition.topic) && isShort ? held.gaps + 1 : 0;
        if (held.foreign >= settledAfter) partitions.delete(name);
      }
    },
    hasGaps: () => [...partitions.values()].some(({ gaps }) => gaps >= settledAfter),
    async stop() {
      isStopped = true;
      tellChange();
      while (lanes.isWorking()) await changed.promise;
    },
  };
}

function heldOf(partitions: Map<string, Held>, { topic, partition }: DeliveredRecord): Held {
  const name = `${topic}:${partition}`;
  const known = partitions.get(name);
  if (known !== undefined) return known;
  const tracker = createOffsetTracker<DeliveredRecord>();
  const counts = { foreign: 0, gaps: 0, skippedIn: undefined };
  const made: Held = { partition: { topic, partition }, tracker, ...counts };
  partitions.set(name, made);
  return made;
}

/** Whether there was something to commit, and it counts now. */
async function commitDone(
  { tracker, partition }: Held,
  isForeign: (partition: Held['partition']) => boolean,
  log: Log,
): Promise<boolean> {
  const last = tracker.committable();
  if (last === undefined) return false;
  // Whoever has the partition now commits by itself, and may be further already.
  if (!isForeign(partition)) {
    try {
      await last.commit();
    } catch (error) {
      log.debug({ err: error, ...placeOf(last) }, 'a commit has to wait');
      return false;
    }
  }
  tracker.forget(last);
  return true;
}

/** One run at a time; what is asked for meanwhile is one more, after a pause if it did work. */
function paced(work: () => Promise<boolean>, pauseMs: number): () => void {
  let isDue = false;
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    while (isDue) {
      isDue = false;
      if (await work()) await pause(pauseMs);
    }
    isRunning = false;
  }

  return () => {
    isDue = true;
    if (!isRunning) void run();
  };
}
