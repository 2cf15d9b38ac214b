import type { KafkaState, KafkaStatus } from '#service/kafka-port.ts';
import type { Log } from '#service/log-port.ts';

/** A part of the door that can be well while another is not. */
export interface PartState {
  connected(): void;
  disconnected(detail: string): void;
}

export interface StateKeeper {
  read(): KafkaState;
  /** Of the group, which commands come through. */
  readonly membership: PartState;
  /** What writes replies and events. */
  readonly writer: PartState;
  /** Why records wait to be written to a topic; null once none does. */
  topicWaits(topic: string, detail: string | null): void;
  /** Topics of commands that are not read; `refused` are those that the brokers do not let see. */
  missing(topics: readonly string[], refused: readonly string[]): void;
}

/** Keeps the state, and logs each change of it once. Connected is only what is so in every part. */
export function createStateKeeper(log: Log): StateKeeper {
  /** What is wrong, by part; the membership's is told first. */
  const troubles = new Map<string, string | null>([
    ['membership', null],
    ['writer', null],
  ]);
  let isMember = false;
  let refusedTopics: readonly string[] = [];
  let state: KafkaState = {
    status: 'connecting',
    detail: null,
    sinceMs: Date.now(),
    missingTopics: [],
  };

  function statusNow(trouble: string | null): KafkaStatus {
    if (trouble !== null) return 'disconnected';
    return isMember ? 'connected' : 'connecting';
  }

  function change(): void {
    const before = state;
    const trouble = [...troubles.values()].find((one) => one !== null) ?? null;
    const status = statusNow(trouble);
    const detail = trouble ?? refusalOf(refusedTopics);
    if (before.status === status && before.detail === detail) return;
    const sinceMs = before.status === status ? before.sinceMs : Date.now();
    state = { ...before, status, detail, sinceMs };
    if (trouble !== null) log.warn({ detail }, 'Kafka is not connected');
    else if (before.status !== status) log.info({}, `Kafka is ${status}`);
  }

  return {
    read: () => state,
    membership: {
      connected() {
        isMember = true;
        troubles.set('membership', null);
        change();
      },
      disconnected(detail) {
        isMember = false;
        troubles.set('membership', detail);
        change();
      },
    },
    writer: {
      connected() {
        troubles.set('writer', null);
        change();
      },
      disconnected(detail) {
        troubles.set('writer', detail);
        change();
      },
    },
    topicWaits(topic, detail) {
      const part = `topic ${topic}`;
      if (detail === null) troubles.delete(part);
      else troubles.set(part, `Nothing can be written to ${topic}. ${detail}`);
      change();
    },
    missing(topics, refused) {
      if (topics.join() !== state.missingTopics.join()) {
        state = { ...state, missingTopics: topics };
        const unknown = topics.filter((topic) => !refused.includes(topic));
        if (unknown.length > 0) log.warn({ topics: unknown }, 'Kafka has no such topics yet');
      }
      if (refused.join() === refusedTopics.join()) return;
      refusedTopics = refused;
      if (refused.length > 0) log.warn({ topics: refused }, 'Kafka refuses access to topics');
      change();
    },
  };
}

/** The other topics are read all the same. */
function refusalOf(topics: readonly string[]): string | null {
  if (topics.length === 0) return null;
  return `The broker refused access to ${topics.join(', ')}. Grant it to the user.`;
}
