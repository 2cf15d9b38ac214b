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
  missing(topics: readonly string[]): void;
}

/** Keeps the state, and logs each change of it once. Connected is only what is so in every part. */
export function createStateKeeper(log: Log): StateKeeper {
  /** What is wrong, by part; the membership's is told first. */
  const troubles = new Map<string, string | null>([
    ['membership', null],
    ['writer', null],
  ]);
  let isMember = false;
  let state: KafkaState = {
    status: 'connecting',
    detail: null,
    sinceMs: Date.now(),
    missingTopics: [],
  };

  function statusNow(detail: string | null): KafkaStatus {
    if (detail !== null) return 'disconnected';
    return isMember ? 'connected' : 'connecting';
  }

  function change(): void {
    const detail = [...troubles.values()].find((one) => one !== null) ?? null;
    const status = statusNow(detail);
    if (state.status === status && state.detail === detail) return;
    const sinceMs = state.status === status ? state.sinceMs : Date.now();
    state = { ...state, status, detail, sinceMs };
    if (status === 'connected') log.info({}, 'Kafka is connected');
    if (status === 'disconnected') log.warn({ detail }, 'Kafka is not connected');
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
    missing(topics) {
      if (topics.join() === state.missingTopics.join()) return;
      state = { ...state, missingTopics: topics };
      if (topics.length > 0) log.warn({ topics }, 'Kafka has no such topics yet');
    },
  };
}
