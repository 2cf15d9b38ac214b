import type { Registry } from 'prom-client';
import { once } from '#api/compile-late.ts';
import type { KafkaView } from '#service/kafka-port.ts';

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

export interface MetricsParts {
  readonly kafka: KafkaView | null;
  readonly version: string;
}

/**
 * What Prometheus reads, in its text format 0.0.4,
 * https://prometheus.io/docs/instrumenting/exposition_formats/. Everything is asked for when it is
 * read, and the library is loaded at the first reading: who does not read pays nothing.
 */
export function createMetrics(parts: MetricsParts): () => Promise<MetricsText> {
  const opened = once(() => openRegistry(parts));
  return async () => {
    const registry = await opened();
    return { contentType: registry.contentType, text: await registry.metrics() };
  };
}

async function openRegistry({ kafka, version }: MetricsParts): Promise<Registry> {
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'watchword_info',
    help: 'Always 1; the label tells the version that runs.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  if (kafka === null) return registry;

  new Gauge({
    name: 'watchword_kafka_connected',
    help: 'Whether commands are read and nothing waits to be written: 1 or 0.',
    registers,
    collect() {
      this.set(kafka.state().status === 'connected' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'watchword_kafka_missing_topics',
    help: 'Topics of commands that the brokers do not have, or refuse.',
    registers,
    collect() {
      this.set(kafka.state().missingTopics.length);
    },
  });
  new Counter({
    name: 'watchword_kafka_commands_total',
    help: 'Commands that are done: answered, or with the dead letters.',
    labelNames: ['topic', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const { topic, outcome, count } of kafka.commandCounts()) {
        this.inc({ topic, outcome }, count);
      }
    },
  });
  return registry;
}
