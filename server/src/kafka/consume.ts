/**
 * One member of the consumer group. Records of one key are carried out in their order, different
 * keys side by side; a partition's offset is committed up to the first record that is not done, and
 * done means that the effects and the reply are durable. So nothing is lost whenever a node dies,
 * and what comes twice is known by its place (`recordId`) and does nothing twice.
 *
 * Memory is bounded: no record is taken while too many, or too long ones, are worked on or wait for
 * an earlier one, and what is not taken is not fetched; only a topic that stands still is fetched
 * and skipped, so that it holds up no other.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '#service/log-port.ts';
import type { DeliveredRecord, GroupMember, KafkaClient } from './client.ts';
import { type HeldRecords, holdRecords, type Work } from './hold-records.ts';
import type { PartState, StateKeeper } from './state.ts';
import { KafkaTrouble, readTrouble } from './trouble.ts';

export interface ConsumeParts {
  readonly client: KafkaClient;
  readonly topics: readonly string[];
  readonly parallelMax: number;
  readonly refusedWaitMs: number;
  readonly state: PartState & Pick<StateKeeper, 'missing'>;
  readonly log: Log;
  readonly readWork: (record: DeliveredRecord) => Work;
}

export interface Consuming {
  /** Takes no more records, waits for what is worked on, commits, and leaves the group. */
  stop(): Promise<void>;
}

/** How soon a topic that was made later, or got more partitions, is seen. */
const watchEveryMs = 2_000;
const restartWaitMs = 1_000;
/** Where a membership ended in order, to begin anew with more topics. */
const againWaitMs = 50;

const nothingToRead = 'The broker refused access to the topics of commands. Grant it to the user.';

/** Goes on until it is stopped, whatever becomes of the brokers meanwhile. */
export function startConsuming(parts: ConsumeParts): Consuming {
  const { client, topics, state, log } = parts;
  const stopping = new AbortController();
  let member: GroupMember | null = null;
  let leaving = Promise.resolve();
  const held = holdRecords({ ...parts, member: () => member });

  async function runMembership(found: ReadonlyMap<string, number>): Promise<void> {
    const joined = await client.joinGroup([...found.keys()], stopping.signal);
    // Whoever stops closes the membership that it finds.
    if (stopping.signal.aborted) return joined.close();
    member = joined;
    const watching = new AbortController();
    untilMore(parts, held, found, watching.signal).then(
      () => leave(joined),
      () => {},
    );
    try {
      for await (const record of joined.records) await held.take(record);
    } finally {
      watching.abort();
      // When the server stops, what is worked on is committed first.
      if (!stopping.signal.aborted) await leave(joined);
    }
  }

  /** From here on nobody knows whose the partitions are, until the next membership has begun. */
  function leave(joined: GroupMember): Promise<void> {
    member = null;
    held.tellLeft();
    leaving = joined.close();
    return leaving;
  }

  /** One membership after the other; answers how long to wait before the next. */
  async function runOnce(): Promise<number> {
    try {
      const { partitions: found, refused } = await client.findTopics(topics);
      state.missing(
        topics.filter((topic) => !found.has(topic)),
        refused,
      );
      if (found.size === 0) {
        if (refused.length > 0) throw new KafkaTrouble('refused', nothingToRead, null);
        state.connected();
        return restartWaitMs;
      }
      await runMembership(found);
      return againWaitMs;
    } catch (error) {
      const trouble = readTrouble(error);
      const isTold = trouble.kind !== 'unknown_topic' && !stopping.signal.aborted;
      if (isTold) state.disconnected(trouble.message);
      log.debug({ err: trouble }, 'the membership ended');
      return trouble.kind === 'refused' ? parts.refusedWaitMs : restartWaitMs;
    }
  }

  const supervising = repeat(runOnce, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await held.stop();
      await held.tidyUp();
      await (member?.close() ?? leaving);
      await supervising;
    },
  };
}

/** `runOnce` answers how long to wait before it runs again. */
async function repeat(runOnce: () => Promise<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const waitMs = await runOnce();
    await pause(waitMs, undefined, { signal }).catch(() => {});
  }
}

/** Resolves when there is more to be a member for, or to be fetched again, than this one has. */
async function untilMore(
  { client, topics, log }: ConsumeParts,
  held: HeldRecords,
  found: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await pause(watchEveryMs, undefined, { signal });
    await held.tidyUp();
    // While the brokers are away nothing is known of their topics.
    const now = await client.findTopics(topics).then(
      ({ partitions }) => partitions,
      () => found,
    );
    signal.throwIfAborted();
    if (isMore(now, found)) {
      log.info({ topics: [...now.keys()] }, 'Kafka has topics or partitions that are new');
      return;
    }
    if (held.hasGaps()) return;
  }
}

function isMore(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>): boolean {
  return [...now].some(([topic, partitions]) => partitions > (before.get(topic) ?? 0));
}
