import type { Log } from '#service/log-port.ts';
import type { DeliveredRecord, GroupMember } from './client.ts';
import { createOffsetTracker, type Tracked } from './offset-tracker.ts';
import { placeOf } from './record.ts';

/** What is held of one partition, from the fetch of a record to its commit. */
export interface HeldPartition {
  readonly topic: string;
  /** Whether the record is new, and so to be worked on. */
  receive(record: DeliveredRecord): boolean;
  /** A record is not taken, and so all later ones are not: the next membership fetches them. */
  skip(): void;
  /** Another node has it, as far as this one knows; between two memberships nobody knows. */
  isForeign(): boolean;
  finish(record: DeliveredRecord): void;
  /** The record is not worked on here. */
  leave(record: DeliveredRecord): void;
  /**
   * As far as everything is done; what cannot be committed now is by a later call. Answers whether
   * there was something to commit, and it counts now.
   */
  commit(): Promise<boolean>;
  /** Asked from time to time: how long it is not ours, or short of records. */
  countSettled(hasRoom: boolean): void;
  /** Whether records are missing that only a new membership fetches again. */
  hasGap(): boolean;
  /** How many it holds. */
  size(): number;
}

export interface HeldPartitionParts {
  readonly topic: string;
  readonly partition: number;
  readonly log: Log;
  /** The membership that commits go through; null between two of them. */
  readonly member: () => GroupMember | null;
}

/**
 * Of a record that is done, no more is held: thousands may wait for an earlier one. A commit
 * through a membership that was left is never answered, so it is known which one it came through.
 */
interface Known extends Tracked, Pick<DeliveredRecord, 'commit'> {
  readonly through: GroupMember | null;
}

/** A group that changes is settled by then, and no fetch from before it is under way any more. */
const settledAfter = 2;

export function createHeldPartition(parts: HeldPartitionParts): HeldPartition {
  const { topic, partition, log, member } = parts;
  let tracker = createOffsetTracker<Known>();
  /** How often in a row it was found with nothing open and not ours, or short of records. */
  let foreign = 0;
  let gaps = 0;
  /** The memberships that the last record came through, and that skipped one. */
  let fetchedIn: GroupMember | null = null;
  let skippedIn: GroupMember | null = null;

  function isForeign(): boolean {
    return member()?.owns(topic, partition) === false;
  }

  function isSkipping(): boolean {
    return skippedIn !== null && skippedIn === member();
  }

  /** Whether this membership fetched records that are not done, and may not fetch them again. */
  function isShort(): boolean {
    const isOfThisOne = fetchedIn !== null && fetchedIn === member();
    return isSkipping() || (isOfThisOne && tracker.has('left'));
  }

  /** Another node has it. If it comes back short of records, a new membership fetches them. */
  function giveUp(): void {
    skippedIn = isShort() ? member() : null;
    tracker = createOffsetTracker();
  }

  return {
    topic,
    receive(record) {
      if (isSkipping()) return false;
      const current = member();
      if (current !== null && fetchedIn !== current) {
        // A membership begins at the group's commit: what was left before it is done elsewhere.
        tracker.dropLeftBefore(record.offset);
        fetchedIn = current;
      }
      const { offset, timestamp, commit } = record;
      return tracker.receive({ offset, timestamp, commit, through: current });
    },
    skip() {
      skippedIn = member();
    },
    isForeign,
    finish: (record) => tracker.finish(record),
    leave: (record) => tracker.leave(record),
    async commit() {
      const its = tracker;
      const last = its.committable();
      if (last === undefined) return false;
      // Whoever has the partition now commits by itself, and may be further already.
      if (!isForeign()) {
        // This one fetches it again, where the commit before had not arrived.
        if (last.through !== member()) return false;
        try {
          await last.commit();
        } catch (error) {
          const place = placeOf({ topic, partition, offset: last.offset });
          log.debug({ err: error, ...place }, 'a commit has to wait');
          return false;
        }
      }
      its.forget(last);
      return true;
    },
    countSettled(hasRoom) {
      const isGone = isForeign() && !tracker.has('open');
      foreign = isGone ? foreign + 1 : 0;
      gaps = !isGone && hasRoom && isShort() ? gaps + 1 : 0;
      if (foreign >= settledAfter) giveUp();
    },
    hasGap: () => gaps >= settledAfter,
    size: () => tracker.size(),
  };
}
