import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createKafkaClient, type GroupMember, type KafkaClient } from '#kafka/client.ts';
import { type Consuming, startConsuming } from '#kafka/consume.ts';
import { silentLog } from '#service/log.fixture.ts';
import { readConfig } from '#src/config.ts';
import { kafkaSettingsOf } from '#src/kafka-settings.ts';
import { waitFor } from '../end-to-end/running-server.ts';
import { type KafkaSite, nameTopics, openSite } from './kafka-site.ts';

/** Above it, a stop hangs: the library is given 3 s to leave a group. */
const stopMs = 15_000;
const comesMs = 30_000;
/** Records of a partition that is elsewhere are given up after two of them. */
const settlingTicks = 3;
const parallelMax = 4;
/** A node looks for its topics, joins its group and begins to read within them. */
const momentsMs = [0, 2, 4, 6, 8, 12, 20];

test('a node gives partitions away, takes them back, and begins anew with work', async (t) => {
  const site = await openSite(t);
  if (site === null) return;
  try {
    await t.test('a stop ends, and leaves the group, wherever a start is', () => stopEarly(site));
    await t.test('what another node took, left undone and gave back is carried out', () =>
      giveAwayAndBack(site),
    );
    await t.test('what ends between two memberships is not carried out again', () =>
      endBetween(site),
    );
  } finally {
    await site.end();
  }
});

/** One node of a group. What it carries out waits until the test lets it. */
function openNode(
  { broker }: KafkaSite,
  { group, topics }: { readonly group: string; readonly topics: readonly string[] },
  beforeJoin = async (_count: number): Promise<void> => {},
) {
  const client = clientOf(broker.address(), group);
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const done: string[] = [];
  let ticks = 0;
  let joins = 0;
  let member: GroupMember | null = null;
  const watched: KafkaClient = {
    ...client,
    findTopics(names) {
      ticks += 1;
      return client.findTopics(names);
    },
    async joinGroup(names, signal) {
      joins += 1;
      await beforeJoin(joins);
      member = await client.joinGroup(names, signal);
      return member;
    },
  };
  const silent = () => {};
  const consuming: Consuming = startConsuming({
    client: watched,
    topics,
    parallelMax,
    refusedWaitMs: 1_000,
    state: { connected: silent, disconnected: silent, missing: silent },
    log: silentLog,
    readWork: ({ value }) => ({
      order: String(value),
      async run() {
        begun.push(String(value));
        await gate.promise;
        done.push(String(value));
      },
    }),
  });
  return {
    begun,
    done,
    letGo: gate.resolve,
    ticks: () => ticks,
    owns: (topic: string, partition: number) => member?.owns(topic, partition) === true,
    async stop() {
      gate.resolve();
      const late = pause(stopMs, 'late', { ref: false });
      assert.equal(await Promise.race([consuming.stop(), late]), undefined, 'the stop ends');
      await client.close();
    },
  };
}

const unheard = { connected() {}, troubled() {} };

function clientOf(brokers: string, group: string): KafkaClient {
  const names = {
    WATCHWORD_KAFKA_BROKERS: brokers,
    WATCHWORD_KAFKA_GROUP: group,
    WATCHWORD_KAFKA_SESSION_TIMEOUT_SECONDS: '6',
  };
  const reading = readConfig(names, 'dev');
  const settings = reading.ok ? kafkaSettingsOf(reading.value) : null;
  assert.ok(settings !== null);
  return createKafkaClient(settings, { membership: unheard, writer: unheard });
}

function namesOf(mark: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${mark}-${at}`);
}

async function stopEarly(site: KafkaSite): Promise<void> {
  const { generateIn: topic, group } = nameTopics();
  await site.client.createTopics({ [topic]: 1 });
  for (const waitMs of momentsMs) {
    const node = openNode(site, { group, topics: [topic] });
    await pause(waitMs);
    await node.stop();
  }
  for (const waitMs of momentsMs) {
    const stopped = Promise.withResolvers<void>();
    const node = openNode(site, { group, topics: [topic] }, async () => {
      const stopping = pause(waitMs).then(() => node.stop());
      stopping.then(stopped.resolve, stopped.reject);
      // The first comes when the topics are found, and the group is not joined yet.
      if (waitMs === 0) await pause(1);
    });
    await stopped.promise;
  }
  await site.client.send([{ topic, value: 'first' }]);
  const next = openNode(site, { group, topics: [topic] });
  next.letGo();
  try {
    // A member that nobody stops would keep the partition.
    await waitFor(async () => (next.done.length === 1 ? true : null));
  } finally {
    await next.stop();
  }
}

async function giveAwayAndBack(site: KafkaSite): Promise<void> {
  const { generateIn: topic, group } = nameTopics();
  await site.client.createTopics({ [topic]: 2 });
  const values = namesOf('moved', 20);
  await site.client.send(
    values.map((value, at) => ({ topic, partition: at % 2, key: value, value })),
  );
  const node = openNode(site, { group, topics: [topic] });
  const idle = clientOf(site.broker.address(), group);
  try {
    await waitFor(async () => (node.begun.length === parallelMax ? true : null), comesMs);
    // It takes a partition of a group that has committed nothing, and carries nothing out.
    const other = await idle.joinGroup([topic]);
    const taken = [0, 1].find((partition) => other.owns(topic, partition)) ?? 0;
    await waitFor(async () => (node.owns(topic, taken) ? null : true));
    node.letGo();
    const kept = values.filter((_, at) => at % 2 !== taken);
    await waitFor(
      async () => (kept.every((value) => node.done.includes(value)) ? true : null),
      comesMs,
    );
    const settledTicks = node.ticks() + settlingTicks;
    await waitFor(async () => (node.ticks() >= settledTicks ? true : null), comesMs);
    assert.notEqual(new Set(node.done).size, values.length, 'the other node has some of them');
    await other.close();
    await waitFor(async () => (new Set(node.done).size === values.length ? true : null), comesMs);
    await waitFor(async () => {
      const { 0: one, 1: two } = await site.client.committed(group, topic);
      return one === 10 && two === 10 ? true : null;
    });
  } finally {
    await node.stop();
    await idle.close();
  }
}

async function endBetween(site: KafkaSite): Promise<void> {
  const { generateIn: topic, validateIn: laterTopic, group } = nameTopics();
  await site.client.createTopics({ [topic]: 1 });
  // More than have room: one waits to be taken when the membership is left.
  const values = namesOf('between', parallelMax * 4 + 2);
  await site.client.send(values.map((value) => ({ topic, key: value, value })));
  const node = openNode(site, { group, topics: [topic, laterTopic] }, async (count) => {
    if (count === 1) return;
    node.letGo();
    await waitFor(async () => (node.done.length >= parallelMax * 4 ? true : null), comesMs);
  });
  try {
    await waitFor(async () => (node.begun.length === parallelMax ? true : null), comesMs);
    await site.client.createTopics({ [laterTopic]: 1 });
    await site.client.send([
      { topic, value: 'last' },
      { topic: laterTopic, value: 'later' },
    ]);
    const all = [...values, 'last', 'later'];
    await waitFor(async () => {
      return all.every((value) => node.done.includes(value)) ? true : null;
    }, comesMs);
    assert.deepEqual(node.done.toSorted(), all.toSorted(), 'each once');
    await waitFor(async () => {
      const { 0: offset } = await site.client.committed(group, topic);
      return offset === values.length + 1 ? true : null;
    });
  } finally {
    await node.stop();
  }
}
