import assert from 'node:assert/strict';
import test from 'node:test';
import { createKafkaClient } from '#kafka/client.ts';
import { createSender } from '#kafka/sender.ts';
import { readConfig } from '#src/config.ts';
import { kafkaSettingsOf } from '#src/kafka-settings.ts';
import { waitFor } from '../end-to-end/running-server.ts';
import {
  type KafkaSite,
  nameTopics,
  openSite,
  repliesOf,
  startNode,
  untilReplies,
} from './kafka-site.ts';

const topics = nameTopics();
const { generateIn, generateOut, validateIn, validateOut, deadLetter } = topics;
/** So many commands that a node holds no more of their topic. */
const stuckCount = 40;

test('replies that cannot be written hold up and double no others', async (t) => {
  const site = await openSite(t, { settings: { 'auto.create.topics.enable': 'false' } });
  if (site === null) return;
  try {
    await t.test('while one topic of replies cannot be written, the commands of others go on', () =>
      goOn(site),
    );
    await t.test('a request that is refused in part is written once in its other parts', () =>
      refuseOne(site),
    );
  } finally {
    await site.end();
  }
});

async function goOn({ client, broker }: KafkaSite): Promise<void> {
  // The topic of the verdicts is what is missing.
  await client.createTopics({
    [generateIn]: 1,
    [generateOut]: 1,
    [validateIn]: 2,
    [deadLetter]: 1,
  });
  await client.follow([generateOut]);
  const node = await startNode(broker.address(), topics, { WATCHWORD_KAFKA_PARALLEL_MAX: '2' });
  const generate = (clientId: string) => ({
    topic: generateIn,
    key: clientId,
    value: JSON.stringify({
      ...{ clientId, channel: 'MAIL', templateName: 'otpMail' },
      recipient: `${clientId}@example.com`,
    }),
  });
  try {
    await client.send(
      Array.from({ length: stuckCount }, (_, at) => ({
        ...{ topic: validateIn, key: `guess-${at}` },
        value: JSON.stringify({ clientId: `guess-${at}`, channel: 'MAIL', otp: '1111' }),
      })),
    );
    await waitFor(async () => (/replies have to wait/.test(node.output()) ? true : null));
    await client.send(Array.from({ length: 20 }, (_, at) => generate(`client-${at}`)));
    for (const { value } of await untilReplies(client, generateOut, 20, 40_000)) {
      assert.equal(JSON.parse(String(value)).error, null);
    }
    await client.createTopics({ [validateOut]: 1 });
    await client.follow([validateOut]);
    const verdicts = await untilReplies(client, validateOut, stuckCount);
    assert.equal(new Set(verdicts.map(({ key }) => String(key))).size, stuckCount);
    assert.equal(verdicts.length, stuckCount);
  } finally {
    await node.remove();
  }
}

async function refuseOne({ client, broker }: KafkaSite): Promise<void> {
  const topic = `${topics.group}.small`;
  await client.createTopics({ [topic]: 2 }, { 'max.message.bytes': '4000' });
  await client.follow([topic]);
  const reading = readConfig({ WATCHWORD_KAFKA_BROKERS: broker.address() }, 'dev');
  const settings = reading.ok ? kafkaSettingsOf(reading.value) : null;
  assert.ok(settings !== null);
  const kafka = createKafkaClient(settings);
  const producer = kafka.createProducer();
  const sender = createSender({
    produce: producer.send,
    ensureTopic: producer.ensureTopic,
    waiting: () => {},
    retryWaitMs: 100,
  });
  const send = (name: string, length: number) =>
    sender.send({ topic, key: Buffer.from(name), value: Buffer.alloc(length), headers: [] });
  try {
    // While it is under way the others gather, and go as one request.
    const first = send('first', 10);
    const names = Array.from({ length: 8 }, (_, at) => `reply-${at}`);
    const sent = [first, ...names.map((name) => send(name, 10)), send('large', 6_000)];
    const settled = await Promise.allSettled(sent);
    assert.deepEqual(
      settled.map(({ status }) => status),
      ['fulfilled', ...names.map(() => 'fulfilled'), 'rejected'],
    );
    await send('last', 10);
    const written = await waitFor(async () => {
      const keys = repliesOf(client, topic).map(({ key }) => String(key));
      return keys.includes('last') && keys.length >= names.length + 2 ? keys : null;
    });
    assert.deepEqual(written.sort(), ['first', 'last', ...names].sort());
  } finally {
    sender.close();
    await producer.close();
    await kafka.close();
  }
}
