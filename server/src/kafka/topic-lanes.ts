import { createKeyLanes, type KeyLanes } from './key-lanes.ts';

/**
 * Lanes of their own for each topic: commands whose replies cannot be written take no place of
 * those whose replies can.
 */
export interface TopicLanes {
  /** `work` never rejects. */
  add(topic: string, load: Load, work: () => Promise<void>): void;
  hasRoom(topic: string): boolean;
  /** Asked from time to time, with what else there has to be room for: how long nothing moves. */
  countIdle(hasRoom: (topic: string) => boolean): void;
  /** Whether there was no room, and nothing ended, in several askings in a row. */
  standsStill(topic: string): boolean;
  isWorking(): boolean;
}

export interface Load {
  /** Work of a topic with the same word runs in its order. */
  readonly word: string;
  /** What it holds until it has ended. */
  readonly bytes: number;
}

interface Topic {
  readonly lanes: KeyLanes;
  bytes: number;
  hasEnded: boolean;
  /** How often in a row it was found without room and with nothing ended since. */
  idle: number;
}

/** Taken and not done, for each that may run: enough to find work for all of them. */
const pendingPerRunning = 4;
/**
 * Of what is taken and not done: thousands of common commands, and a few of those that brokers take
 * at the longest. One more is taken below it, so that the longest has its turn too.
 */
const heldBytesMax = 8 * 1024 * 1024;
/** Longer than a broker needs to come back: until then everything waits in order. */
const standsStillAfter = 5;

export function createTopicLanes(runningMax: number): TopicLanes {
  const topics = new Map<string, Topic>();

  function topicOf(name: string): Topic {
    const known = topics.get(name);
    if (known !== undefined) return known;
    const made = { lanes: createKeyLanes(runningMax), bytes: 0, hasEnded: false, idle: 0 };
    topics.set(name, made);
    return made;
  }

  return {
    add(name, { word, bytes }, work) {
      const topic = topicOf(name);
      topic.bytes += bytes;
      topic.lanes.add(word, async () => {
        await work();
        topic.bytes -= bytes;
        topic.hasEnded = true;
      });
    },
    hasRoom(name) {
      const { lanes, bytes } = topicOf(name);
      return lanes.pending() < runningMax * pendingPerRunning && bytes < heldBytesMax;
    },
    countIdle(hasRoom) {
      for (const [name, topic] of topics) {
        topic.idle = topic.hasEnded || hasRoom(name) ? 0 : topic.idle + 1;
        topic.hasEnded = false;
      }
    },
    standsStill: (name) => topicOf(name).idle >= standsStillAfter,
    isWorking: () => [...topics.values()].some(({ lanes }) => lanes.pending() > 0),
  };
}
