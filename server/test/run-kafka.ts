/**
 * `npm run kafka`: a real Apache Kafka on this machine, to try things on. It keeps nothing:
 * what it holds is gone when it ends, with Ctrl-C.
 */
import { startKafka } from './parts/kafka.ts';
import { findKafka } from './parts/kafka-jars.ts';

const programs = findKafka();
if (!programs.ok) {
  process.stderr.write(`${programs.reason}\n`);
  process.exit(1);
}
const broker = await startKafka(programs.part);
process.stdout.write(
  `Apache Kafka listens on ${broker.address()}. In another terminal:\n\n` +
    `  WATCHWORD_KAFKA_BROKERS=${broker.address()} npm start\n\nCtrl-C ends it.\n`,
);
// Whatever ends this process ends the broker; a timer alone keeps it waiting.
const waiting = setInterval(() => {}, 2 ** 30);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    clearInterval(waiting);
    await broker.remove();
  });
}
