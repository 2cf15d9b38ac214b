import assert from 'node:assert/strict';
import test from 'node:test';
import { checkedEvent } from '#kafka/events/event-schema.fixture.ts';
import { logLines, type RunningServer, waitFor } from '../end-to-end/running-server.ts';
import type { KafkaClient } from '../parts/kafka-client.ts';
import {
  assertShowNone,
  codesOf,
  type KafkaSite,
  makeCodesLong,
  nameTopics,
  openSite,
  repliesOf,
  startNode,
} from './kafka-site.ts';

const names = nameTopics();
const topic = `${names.group}.events`;
const recipient = '+14155550123';

test('what happens is told over a real broker, whatever dies meanwhile', async (t) => {
  const site = await openSite(t);
  if (site === null) return;
  await site.client.createTopics({ [topic]: 3 });
  await site.client.follow([topic]);
  let node = await startNode(site.broker.address(), names, {
    WATCHWORD_KAFKA_FLOWX_ENABLED: 'false',
    WATCHWORD_KAFKA_TOPIC_EVENTS: topic,
  });
  try {
    await makeCodesLong(node);
    await t.test('a code that goes out and comes back, in the order of what happened', () =>
      goThrough(site, node),
    );
    await t.test('what happened while the brokers were away is told when they are back', () =>
      outlast(site, node),
    );
    await t.test('what a node had not told when it was killed is told by the next', async () => {
      node = await survive(site, node);
    });
    await t.test('no code and nobody is in the log', async () => {
      const codes = await codesOf(node, recipient);
      assert.ok(codes.length > 0);
      assertShowNone(logLines(node), { recipients: [recipient, '@example.com'], codes });
    });
  } finally {
    await node.remove();
    await site.end();
  }
});

/** The events of a verification, each as its schema says, once these are among them. */
function untilTold(client: KafkaClient, id: string, types: readonly string[]) {
  return waitFor(async () => {
    const records = repliesOf(client, topic).filter(({ key }) => String(key) === id);
    const events = new Map(
      records.map(({ value }) => {
        const event = checkedEvent(value);
        return [event.id, event];
      }),
    );
    const told = [...events.values()];
    return types.every((type) => told.some((event) => event.type === type)) ? told : null;
  }, 30_000);
}

async function start(node: RunningServer, to: string): Promise<string> {
  const { body } = await node.call('POST', '/v1/verifications', { recipient: to, reference: 'r' });
  return body.id;
}

async function goThrough({ client }: KafkaSite, node: RunningServer): Promise<void> {
  const id = await start(node, recipient);
  const [code] = await waitFor(async () => {
    const codes = await codesOf(node, recipient);
    return codes.length > 0 ? codes : null;
  });
  await node.call('POST', `/v1/verifications/${id}/check`, { code });
  const wanted = ['verification.started', 'delivery.sent', 'verification.approved'];
  const events = await untilTold(client, id, wanted);
  const types = events.map(({ type }) => type);
  assert.deepEqual(
    types.filter((type) => type.startsWith('verification')),
    ['verification.started', 'verification.approved'],
  );
  assert.ok(types.includes('delivery.sent'));
  for (const event of events) {
    assert.deepEqual([event.subject, event.source], [id, node.url]);
    assert.deepEqual([event.data.recipient, event.data.reference], ['+14•••••0123', 'r']);
  }
  const records = repliesOf(client, topic).filter(({ key }) => String(key) === id);
  assert.equal(new Set(records.map(({ partition }) => partition)).size, 1);
  for (const { value, headers } of records) {
    assertShowNone([String(value)], { recipients: [recipient], codes: [String(code)] });
    assert.match(String(headers[0]?.[1]), /^application\/cloudevents\+json/);
  }
}

async function outlast({ broker, client }: KafkaSite, node: RunningServer): Promise<void> {
  await broker.kill();
  const id = await start(node, 'ann@example.com');
  await node.call('POST', `/v1/verifications/${id}/cancel`);
  await broker.restart();
  const types = (await untilTold(client, id, ['verification.canceled'])).map(({ type }) => type);
  assert.equal(types[0], 'verification.started');
}

async function survive({ broker, client }: KafkaSite, node: RunningServer): Promise<RunningServer> {
  await broker.kill();
  const ids: string[] = [];
  for (let at = 0; at < 20; at += 1) ids.push(await start(node, `bob${at}@example.com`));
  await node.kill();
  await broker.restart();
  const next = await node.restart();
  for (const id of ids) {
    const types = (await untilTold(client, id, ['verification.started'])).map(({ type }) => type);
    assert.equal(types[0], 'verification.started');
  }
  return next;
}
