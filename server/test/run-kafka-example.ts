/**
 * `npm run kafka:example`: one code of a FlowX.AI process, from the command to the verdict, on a
 * real Apache Kafka and a development server of its own. It prints each record and keeps nothing.
 */
import assert from 'node:assert/strict';
import { createKafkaClient, type DeliveredRecord } from '#kafka/client.ts';
import type { KafkaSettings } from '#kafka/settings.ts';
import { readConfig } from '#src/config.ts';
import { kafkaSettingsOf } from '#src/kafka-settings.ts';
import {
  type RunningServer,
  startDevelopmentServer,
  waitFor,
} from './end-to-end/running-server.ts';
import { startKafka } from './parts/kafka.ts';
import { findKafka } from './parts/kafka-jars.ts';

const recipient = 'user@example.com';
const clientId = '1871201460101';
const headers = [[Buffer.from('processInstanceId'), Buffer.from('739452')]] as const;

const programs = findKafka();
if (!programs.ok) {
  process.stderr.write(`${programs.reason}\n`);
  process.exit(1);
}
const broker = await startKafka(programs.part);
print(`Apache Kafka listens on ${broker.address()}.`);
try {
  const server = await startDevelopmentServer({
    SPRING_KAFKA_BOOTSTRAP_SERVERS: broker.address(),
  });
  print(`Watchword listens on ${server.url}.`);
  try {
    await goThrough(server, settingsOf(broker.address()));
  } finally {
    await server.remove();
  }
} finally {
  await broker.remove();
}

async function goThrough(server: RunningServer, settings: KafkaSettings): Promise<void> {
  const { flowx } = settings;
  await saveTemplate(server);
  const engine = await openEngine(settings);
  try {
    await engine.send(flowx.generateIn, {
      ...{ templateName: 'otpMail', channel: 'MAIL', language: 'en-US', clientId, recipient },
      contentParams: { clientId },
    });
    await engine.receive(flowx.generateOut);

    const path = `/v1/sandbox/messages?recipient=${encodeURIComponent(recipient)}`;
    const { text } = await waitFor(async () => (await server.call('GET', path)).body.items[0]);
    print(`\nin the inbox of ${recipient}\n  ${text}`);

    const otp = /\d{4,}/.exec(text)?.[0];
    await engine.send(flowx.validateIn, { clientId, channel: 'MAIL', otp });
    const verdict = await engine.receive(flowx.validateOut);
    assert.equal(verdict['otpValid'], true);
  } finally {
    await engine.close();
  }
}

/** What the engine does for a process: it writes commands, and reads what comes back. */
async function openEngine(settings: KafkaSettings) {
  const { generateIn, generateOut, validateIn, validateOut } = settings.flowx;
  const client = createKafkaClient(settings);
  const producer = client.createProducer();
  for (const topic of [generateIn, generateOut, validateIn, validateOut]) {
    await producer.ensureTopic(topic);
  }
  const member = await client.joinGroup([generateOut, validateOut]);
  const records = member.records[Symbol.asyncIterator]();
  return {
    async send(topic: string, value: object): Promise<void> {
      const record = {
        topic,
        key: Buffer.from(clientId),
        value: Buffer.from(JSON.stringify(value)),
      };
      printRecord('to', { ...record, headers });
      await producer.send([{ ...record, headers }]);
    },
    async receive(topic: string): Promise<Readonly<Record<string, unknown>>> {
      const { value: record, done } = await records.next();
      assert.ok(done !== true && record.topic === topic);
      printRecord('from', record);
      return JSON.parse(String(record.value));
    },
    async close(): Promise<void> {
      await member.close();
      await Promise.all([producer.close(), client.close()]);
    },
  };
}

/** As the engine has them: the brokers, a group of its own, and the plugin's topics. */
function settingsOf(brokers: string): KafkaSettings {
  const group = 'flowx-engine';
  const names = { WATCHWORD_KAFKA_BROKERS: brokers, WATCHWORD_KAFKA_GROUP: group };
  const reading = readConfig(names, 'dev');
  const settings = reading.ok ? kafkaSettingsOf(reading.value) : null;
  assert.ok(settings !== null);
  return settings;
}

async function saveTemplate(server: RunningServer): Promise<void> {
  const text = 'Your code is {{ otpValue }}.';
  const variant = { channel: 'email', language: 'en', prefix: null, html: null };
  const variants = [{ ...variant, subject: 'Your code', text }];
  const { status } = await server.call('PUT', '/v1/templates/otpMail', { variants });
  assert.ok(status < 300);
}

function printRecord(
  way: string,
  record: Pick<DeliveredRecord, 'topic' | 'key' | 'value' | 'headers'>,
) {
  print(`\n${way} ${record.topic}`);
  for (const [name, value] of record.headers) print(`  header ${name}: ${value}`);
  print(`  key    ${record.key}`);
  print(`  value  ${record.value}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
