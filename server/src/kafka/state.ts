import type { KafkaState, KafkaStatus } from '#service/kafka-port.ts';
import type { Log } from '#service/log-port.ts';

export interface StateKeeper {
  read(): KafkaState;
  connected(): void;
  disconnected(detail: string): void;
  missing(topics: readonly string[]): void;
}

/** Keeps the state, and logs each change of it once. */
export function createStateKeeper(log: Log): StateKeeper {
  let state: KafkaState = {
    status: 'connecting',
    detail: null,
    sinceMs: Date.now(),
    missingTopics: [],
  };

  function change(status: KafkaStatus, detail: string | null): boolean {
    if (state.status === status && state.detail === detail) return false;
    const sinceMs = state.status === status ? state.sinceMs : Date.now();
    state = { ...state, status, detail, sinceMs };
    return true;
  }

  return {
    read: () => state,
    connected() {
      if (change('connected', null)) log.info({}, 'Kafka is connected');
    },
    disconnected(detail) {
      if (change('disconnected', detail)) log.warn({ detail }, 'Kafka is not connected');
    },
    missing(topics) {
      if (topics.join() === state.missingTopics.join()) return;
      state = { ...state, missingTopics: topics };
      if (topics.length > 0) log.warn({ topics }, 'Kafka has no such topics yet');
    },
  };
}
