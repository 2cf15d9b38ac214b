import type { KafkaCommandCount, KafkaCommandOutcome } from '#service/kafka-port.ts';

export interface CommandCounts {
  add(topic: string, outcome: KafkaCommandOutcome): void;
  read(): readonly KafkaCommandCount[];
}

/** Begins at 0 for every topic and outcome: a rate needs a beginning. */
export function createCommandCounts(topics: Iterable<string>): CommandCounts {
  const counts = new Map<string, Record<KafkaCommandOutcome, number>>();
  for (const topic of topics) counts.set(topic, { answered: 0, dead_letter: 0 });
  return {
    add(topic, outcome) {
      const found = counts.get(topic);
      if (found !== undefined) found[outcome] += 1;
    },
    read: () =>
      [...counts].flatMap(([topic, { answered, dead_letter }]) => [
        { topic, outcome: 'answered', count: answered },
        { topic, outcome: 'dead_letter', count: dead_letter },
      ]),
  };
}
