import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '#service/log-port.ts';
import type { DeliveredRecord, GroupMember } from './client.ts';
import { createHeldPartition, type HeldPartition } from './held-partition.ts';
import { bytesOf, placeOf } from './record.ts';
import { createTopicLanes } from './topic-lanes.ts';

/** What a record takes, and which records of its topic wait for each other. */
export interface Work {
  readonly order: string;
  /** Throws where the record is not done: the server stops, or the partition is no more ours. */
  run(isOurs: () => boolean): Promise<void>;
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
   * still, the record is skipped, so that those of other topics are not behind it. Between two
   * memberships nothing is waited for: the next one fetches the record again.
   */
  take(record: DeliveredRecord): Promise<void>;
  /**
   * Asked from time to time. Commits again what could not be committed when it was done, forgets
   * partitions that other nodes have, and sees which topics stand still.
   */
  tidyUp(): Promise<void>;
  /** The membership was left, so nothing waits to be taken any more. */
  tellLeft(): void;
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

/**
 * Every record between its fetch and its commit. It outlives memberships: what was begun in one is
 * ended, and known, in the next.
 */
export function holdRecords(parts: HoldParts): HeldRecords {
  const { parallelMax, log, readWork, member } = parts;
  const lanes = createTopicLanes(parallelMax);
  const partitions = new Map<string, HeldPartition>();
  let isStopped = false;
  let changed = Promise.withResolvers<void>();

  function tellChange(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  function hasRoom(topic: string): boolean {
    let tracked = 0;
    for (const held of partitions.values()) if (held.topic === topic) tracked += held.size();
    return tracked < trackedMax && lanes.hasRoom(topic);
  }

  function partitionOf({ topic, partition }: DeliveredRecord): HeldPartition {
    const name = `${topic}:${partition}`;
    const held = partitions.get(name) ?? createHeldPartition({ topic, partition, log, member });
    partitions.set(name, held);
    return held;
  }

  async function commitAll(): Promise<boolean> {
    if (member() === null) return false;
    const commits = [...partitions.values()].map((held) => held.commit());
    const isAny = (await Promise.all(commits)).includes(true);
    if (isAny) tellChange();
    return isAny;
  }

  const commitSoon = paced(commitAll, commitPauseMs);

  return {
    async take(record) {
      const { topic } = record;
      const held = partitionOf(record);
      while (!isStopped && !hasRoom(topic)) {
        if (lanes.standsStill(topic)) return held.skip();
        if (member() === null) return;
        await changed.promise;
      }
      if (isStopped || !held.receive(record)) return;
      const { order, run } = readWork(record);
      lanes.add(topic, { word: order, bytes: bytesOf(record) }, async () => {
        try {
          // Another node has it, and begins with it: here it would only be done a second time.
          if (held.isForeign()) {
            held.leave(record);
          } else {
            await run(() => !held.isForeign());
            held.finish(record);
            commitSoon();
          }
        } catch (error) {
          held.leave(record);
          log.debug({ err: error, ...placeOf(record) }, 'a command was left to the next node');
        }
        // The lane counts this as ended a moment later.
        setImmediate(tellChange);
      });
    },
    async tidyUp() {
      await commitAll();
      lanes.countIdle(hasRoom);
      tellChange();
      for (const held of partitions.values()) held.countSettled(hasRoom(held.topic));
    },
    tellLeft: tellChange,
    hasGaps: () => [...partitions.values()].some((held) => held.hasGap()),
    async stop() {
      isStopped = true;
      tellChange();
      while (lanes.isWorking()) await changed.promise;
    },
  };
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
