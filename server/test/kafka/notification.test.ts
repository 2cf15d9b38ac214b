import assert from 'node:assert/strict';
import test from 'node:test';
import { logLines, type RunningServer, waitFor } from '../end-to-end/running-server.ts';
import type { ReadRecord, SentRecord } from '../parts/kafka-client.ts';
import {
  askOver,
  type KafkaSite,
  nameTopics,
  openSite,
  repliesOf,
  startNode,
} from './kafka-site.ts';

const names = nameTopics();
const [topicIn, topicOut] = [`${names.group}.notification.in`, `${names.group}.notification.out`];
const topicExternal = `${names.group}.notification.external`;
/** As the vendor's pages show it. */
const notification = {
  language: 'en-US',
  templateName: 'welcomeLetter',
  channel: 'MAIL',
  receivers: ['john.doe@mail.com'],
  senderEmail: 'bank@example.com',
  senderName: 'Bank',
  contentParams: { firstName: 'John' },
};

interface Site extends KafkaSite {
  readonly node: RunningServer;
  ask(value: object, sent?: Partial<SentRecord>): Promise<ReadRecord>;
  received(recipient: string): Promise<readonly { text: string; sender: string }[]>;
}

test('FlowX.AI’s notifications go out to each receiver, and are confirmed', async (t) => {
  const opened = await openSite(t);
  if (opened === null) return;
  await opened.client.createTopics({ [topicIn]: 1, [topicOut]: 1, [topicExternal]: 1 });
  await opened.client.follow([topicOut, topicExternal]);
  const node = await startNode(opened.broker.address(), names, {
    KAFKA_TOPIC_NOTIFICATION_INTERNAL_IN: topicIn,
    KAFKA_TOPIC_NOTIFICATION_INTERNAL_OUT: topicOut,
    KAFKA_TOPIC_NOTIFICATION_EXTERNAL_OUT: topicExternal,
  });
  const site = withAsking(opened, node);
  try {
    await saveWelcome(node);
    await t.test('key, headers and the four keys of the reply', () => confirm(site));
    await t.test('one receiver that is refused keeps no other from it', () => refuseOne(site));
    await t.test('whatever stands against a notification is told', () => refuse(site));
    await t.test('SMS are forwarded to a topic where the application says so', () => forward(site));
    await t.test('what is to be forwarded while the brokers are away is, when they are back', () =>
      outlast(site),
    );
    await t.test('no receiver is in the log', () => {
      assert.ok(!logLines(node).some((line) => line.includes('@mail.com')));
    });
  } finally {
    await node.remove();
    await opened.end();
  }
});

function withAsking(site: KafkaSite, node: RunningServer): Site {
  return {
    ...site,
    node,
    ask: (value, sent = {}) =>
      askOver(site.client, topicOut, { topic: topicIn, value: JSON.stringify(value), ...sent }),
    received: (recipient) =>
      waitFor(async () => {
        const query = new URLSearchParams({ recipient, limit: '20' });
        const { body } = await node.call('GET', `/v1/sandbox/messages?${query}`);
        return body.items.length > 0 ? body.items : null;
      }),
  };
}

async function saveWelcome(node: RunningServer): Promise<void> {
  const text = 'Welcome, {{ firstName }}.';
  const common = { language: 'en', prefix: null, html: null, text };
  const saved = await node.call('PUT', '/v1/templates/welcomeLetter', {
    purposes: ['message'],
    variants: [
      { ...common, channel: 'email', subject: 'Welcome' },
      { ...common, channel: 'sms', subject: null },
    ],
  });
  assert.ok(saved.status < 300, saved.text);
}

async function confirm({ ask, received }: Site): Promise<void> {
  const headers = [
    ['processInstanceId', '739452'],
    ['processInstanceId', Buffer.from([0, 255])],
  ] as const;
  const reply = await ask(notification, { headers });
  assert.equal(
    String(reply.value),
    '{"identifier":null,"templateName":"welcomeLetter","language":"en-US","error":null}',
  );
  assert.deepEqual(
    reply.headers,
    headers.map(([name, value]) => [name, Buffer.from(value)]),
  );
  const [message, ...more] = await received('john.doe@mail.com');
  assert.deepEqual([message?.text, message?.sender, more], ['Welcome, John.', 'Bank', []]);

  const sms = { ...notification, channel: 'SMS', receivers: ['+14155550123', '+14155550124'] };
  const others = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`other${at}`, at]));
  const data = { ...others, story: 'x'.repeat(1_000), firstName: 'Ann' };
  const said = await ask({ ...sms, contentParams: null, data, identifier: 'n-1' });
  assert.equal(JSON.parse(String(said.value)).error, null);
  assert.equal(JSON.parse(String(said.value)).identifier, 'n-1');
  for (const recipient of sms.receivers) {
    assert.deepEqual(
      (await received(recipient)).map(({ text }) => text),
      ['Welcome, Ann.'],
    );
  }
}

async function refuseOne({ ask, received }: Site): Promise<void> {
  const receivers = ['ann@mail.com', 'nobody', 'bob@mail.com'];
  const { error } = JSON.parse(String((await ask({ ...notification, receivers })).value));
  assert.match(error, /^1 of 3 receivers were refused\. 2: ./);
  assert.ok(!error.includes('nobody'));
  for (const recipient of ['ann@mail.com', 'bob@mail.com']) {
    assert.equal((await received(recipient)).length, 1);
  }
}

const refused: readonly (readonly [object, RegExp])[] = [
  [{ attachments: [{ filename: 'a.pdf', path: 'a.pdf' }] }, /Nothing can be attached/],
  [{ attachments: 'a.pdf' }, /attachments must be an array/],
  [{ receivers: undefined }, /receivers must be an array of 1 to 100/],
  [{ receivers: 'john.doe@mail.com' }, /receivers must be an array/],
  [{ receivers: [] }, /receivers must be an array/],
  [{ receivers: [{}] }, /receivers must be an array/],
  [{ receivers: Array.from({ length: 101 }, () => 'a@mail.com') }, /receivers must be an array/],
  [{ receivers: ['nobody'] }, /./],
  [{ channel: 'PUSH' }, /PUSH is not served/],
  [{ channel: undefined }, /channel must be/],
  [{ templateName: 'none' }, /template/],
  [{ templateName: 'otpMail' }, /template/],
  [{ templateName: 'x'.repeat(300) }, /templateName must be/],
  [{ contentParams: undefined }, /needs the variable firstName/],
  [{ contentParams: { firstName: 'x'.repeat(201) } }, /variable firstName is longer than 200/],
  [{ contentParams: [1], data: 'x' }, /data must be an object/],
  [{ senderName: 'a <b@example.com>' }, /sender of an e-mail/],
];

async function refuse({ ask }: Site): Promise<void> {
  for (const [differing, sentence] of refused) {
    const reply = JSON.parse(String((await ask({ ...notification, ...differing })).value));
    assert.deepEqual(Object.keys(reply), ['identifier', 'templateName', 'language', 'error']);
    assert.match(reply.error ?? '', sentence, JSON.stringify(differing).slice(0, 80));
  }
  const unreadable = await ask({}, { value: '{', headers: [['processInstanceId', '7']] });
  assert.match(String(unreadable.value), /^\{"identifier":null,"templateName":null,.*no JSON obj/);
}

async function forward({ client, node }: Site): Promise<void> {
  const routed = await node.call('PATCH', '/v1/application', { providers: { sms: ['kafka'] } });
  assert.equal(routed.status, 200, routed.text);
  const message = { recipient: '+14155550125', text: 'Welcome, John.' };
  const sent = await node.call('POST', '/v1/messages', message);
  assert.ok(sent.status < 300, sent.text);
  const started = await node.call('POST', '/v1/verifications', { recipient: '+14155550126' });
  const [welcome, code] = await waitFor(async () => {
    const records = repliesOf(client, topicExternal);
    return records.length === 2 ? records : null;
  });
  assert.deepEqual(JSON.parse(String(welcome?.value)), {
    identifier: String(welcome?.key),
    ...{ channel: 'SMS', language: 'en', recipient: '+14155550125', senderName: null },
    ...{ text: 'Welcome, John.', isPossibleDuplicate: false },
  });
  const { text, identifier } = JSON.parse(String(code?.value));
  assert.ok(started.body.deliveries[0].id === identifier);
  const path = `/v1/verifications/${started.body.id}`;
  const { body } = await node.call('POST', `${path}/check`, { code: /\d{6}/.exec(text)?.[0] });
  assert.equal(body.approved, true);
  assert.deepEqual([body.deliveries[0].provider, body.deliveries[0].status], ['kafka', 'sent']);
}

async function outlast({ broker, client, node }: Site): Promise<void> {
  await broker.kill();
  const message = { recipient: '+14155550127', text: 'Welcome back.' };
  const sent = await node.call('POST', '/v1/messages', message);
  const path = `/v1/messages/${sent.body.id}`;
  await waitFor(async () => (await node.call('GET', path)).body.error ?? null);
  await broker.restart();
  const { body } = await waitFor(async () => {
    const read = await node.call('GET', path);
    return read.body.status === 'sent' ? read : null;
  }, 30_000);
  assert.equal(body.provider, 'kafka');
  const texts = await waitFor(async () => {
    const values = repliesOf(client, topicExternal).map(({ value }) => JSON.parse(String(value)));
    const found = values.filter(({ recipient }) => recipient === message.recipient);
    return found.length > 0 ? found.map(({ text }) => text) : null;
  });
  assert.deepEqual(texts, [message.text]);
}
