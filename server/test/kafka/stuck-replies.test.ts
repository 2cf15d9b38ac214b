import assert from 'node:assert/strict';
import test from 'node:test';
import { waitFor } from '../end-to-end/running-server.ts';
import { nameTopics, openSite, startNode, untilReplies } from './kafka-site.ts';

const topics = nameTopics();
const { generateIn, generateOut, validateIn, validateOut, deadLetter } = topics;
/** So many commands that a node holds no more of their topic. */
const stuckCount = 40;

test('while one topic of replies cannot be written, the commands of others go on', async (t) => {
  const site = await openSite(t, { settings: { 'auto.create.topics.enable': 'false' } });
  if (site === null) return;
  const { client, broker } = site;
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
    for (const { value } of await untilReplies(client, generateOut, 20)) {
      assert.equal(JSON.parse(String(value)).error, null);
    }
    await client.createTopics({ [validateOut]: 1 });
    await client.follow([validateOut]);
    const verdicts = await untilReplies(client, validateOut, stuckCount);
    assert.equal(new Set(verdicts.map(({ key }) => String(key))).size, stuckCount);
    assert.equal(verdicts.length, stuckCount);
  } finally {
    await node.remove();
    await site.end();
  }
});
