import assert from 'node:assert/strict';
import test from 'node:test';
import { waitFor } from '../end-to-end/running-server.ts';
import { askOver, codesOf, makeTopics, nameTopics, openSite, startNode } from './kafka-site.ts';

const topics = nameTopics();
const commandTopic = `${topics.group}.commands`;
const replyTopic = `${topics.group}.replies`;
const notificationIn = `${topics.group}.notification.in`;
const notificationOut = `${topics.group}.notification.out`;
const hourMs = 3_600_000;

test('what waited too long in its topic sends nothing, where a bound is set', async (t) => {
  const site = await openSite(t);
  if (site === null) return;
  const { client, broker } = site;
  const others = [commandTopic, replyTopic, notificationIn, notificationOut];
  await client.createTopics(Object.fromEntries(others.map((name) => [name, 1])));
  await makeTopics(client, topics);
  await client.follow([replyTopic, notificationOut]);
  const node = await startNode(broker.address(), topics, {
    WATCHWORD_KAFKA_COMMAND_AGE_SECONDS_MAX: '600',
    WATCHWORD_KAFKA_TOPIC_COMMANDS: commandTopic,
    WATCHWORD_KAFKA_TOPIC_REPLIES: replyTopic,
    KAFKA_TOPIC_NOTIFICATION_INTERNAL_IN: notificationIn,
    KAFKA_TOPIC_NOTIFICATION_INTERNAL_OUT: notificationOut,
  });
  const ask = async (topic: string, replies: string, value: object, isOld = false) => {
    const timestamp = Date.now() - (isOld ? hourMs : 0);
    const sent = { topic, value: JSON.stringify(value), timestamp };
    return JSON.parse(String((await askOver(client, replies, sent)).value));
  };
  const otp = { clientId: '1', channel: 'MAIL' };
  const generate = { ...otp, templateName: 'otpMail', recipient: 'ann@example.com' };
  const askGenerate = (isOld: boolean) =>
    ask(topics.generateIn, topics.generateOut, generate, isOld);
  try {
    await t.test(
      'FlowX.AI is told in its form, and a guess is judged whenever it comes',
      async () => {
        const late = await askGenerate(true);
        assert.deepEqual([late.otpSent, late.clientId], [false, '1']);
        assert.match(late.error, /older than 600 seconds, so nothing was sent\. Send it again/);
        assert.deepEqual(await codesOf(node, 'ann@example.com'), []);
        assert.equal((await askGenerate(false)).otpSent, true);
        const [code] = await waitFor(async () => {
          const codes = await codesOf(node, 'ann@example.com');
          return codes.length > 0 ? codes : null;
        });
        const guess = { ...otp, otp: code };
        const verdict = await ask(topics.validateIn, topics.validateOut, guess, true);
        assert.equal(verdict.otpValid, true);
      },
    );
    await t.test('so is a notification, and a native command that sends', async () => {
      const letter = { templateName: 'none', channel: 'MAIL', receivers: ['ann@example.com'] };
      const told = await ask(notificationIn, notificationOut, letter, true);
      assert.match(told.error, /older than 600 seconds/);
      const start = { command: 'start', recipient: 'bob@example.com' };
      const { ok, error } = await ask(commandTopic, replyTopic, start, true);
      assert.deepEqual([ok, error.code], [false, 'request_invalid']);
      assert.match(error.detail, /older than 600 seconds/);
      const started = await ask(commandTopic, replyTopic, start);
      assert.equal(started.ok, true);
      const cancel = { command: 'cancel', id: started.verification.id };
      assert.equal((await ask(commandTopic, replyTopic, cancel, true)).ok, true);
    });
  } finally {
    await node.remove();
    await site.end();
  }
});
