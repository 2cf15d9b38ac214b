import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test, { type TestContext } from 'node:test';
import { type RunningServer, startDevelopmentServer } from '../end-to-end/running-server.ts';
import { createRandomSource } from '../faults/random-source.ts';
import { saveTemplate as saveModelTemplate } from '../model/doors/flowx-clients.ts';
import { partOrSkip } from '../parts/part.ts';
import { findPostgres, startPostgres } from '../parts/postgres.ts';
import { openHistory, settingsOf, untilAnswered, type Wave } from './history.ts';
import {
  type KafkaSite,
  makeTopics,
  nameTopics,
  openSite,
  startNode,
  untilReadiness,
  untilReplies,
} from './kafka-site.ts';

/** Far below the time-out that the server has for it, and far above what it takes. */
const stopMs = 30_000;

const seed = process.env['WATCHWORD_TEST_SEED'] ?? randomBytes(4).toString('hex');
const random = createRandomSource(seed);

test('commands are answered, once and alike, whatever dies meanwhile', async (t) => {
  const site = await openSite(t);
  if (site === null) return;
  t.diagnostic(`WATCHWORD_TEST_SEED=${seed}`);
  const programs = partOrSkip(t, findPostgres());
  const database = programs === null ? null : await startPostgres(programs);
  try {
    await t.test('a server starts before its broker and its topics, and stops after them', () =>
      startEarly(site),
    );
    await t.test('a kill -9 in the middle of 1000 commands', (killed) => killNode(site, killed));
    if (database !== null) {
      const url = await database.createDatabase();
      await t.test('nodes that come and go, and a kill -9 of the broker', (changed) =>
        changeGroup(site, url, changed),
      );
    }
  } finally {
    await database?.remove();
    await site.end();
  }
});

async function startEarly({ broker, client }: KafkaSite): Promise<void> {
  const topics = nameTopics();
  await broker.stop();
  const server = await startNode(broker.address(), topics, {
    WATCHWORD_SHUTDOWN_TIMEOUT_SECONDS: '120',
  });
  try {
    await untilReadiness(server, ({ status }) => status === 'disconnected');
    await broker.restart();
    await untilReadiness(server, ({ status, missingTopics }) => {
      return status === 'connected' && missingTopics.includes(topics.generateIn);
    });
    await makeTopics(client, topics);
    const value = JSON.stringify({ clientId: 'early', channel: 'SMS', otp: '1111' });
    await client.send([{ topic: topics.validateIn, value }]);
    const [verdict] = await untilReplies(client, topics.validateOut, 1);
    assert.equal(JSON.parse(String(verdict?.value)).otpValid, false);
    await untilReadiness(server, ({ missingTopics }) => !missingTopics.includes(topics.generateIn));
    await broker.kill();
    await untilReadiness(server, ({ status }) => status === 'disconnected');
    const begunMs = Date.now();
    assert.equal(await server.stop(), 0);
    assert.ok(Date.now() - begunMs < stopMs, 'a stop does not wait for brokers');
  } finally {
    await server.remove();
  }
  await broker.restart();
}

async function killNode(
  { broker, client }: KafkaSite,
  context: Pick<TestContext, 'diagnostic'>,
): Promise<void> {
  const topics = nameTopics();
  await makeTopics(client, topics, 4);
  let server = await startNode(broker.address(), topics, settingsOf(topics));
  const killWhen = (share: number) => async (wave: Wave) => {
    await untilAnswered(wave, share);
    await wave.killNode(() => server.kill());
    server = await server.restart();
  };
  const node = () => server;
  try {
    await saveModelTemplate(server);
    const history = openHistory({ client, topics, random, people: 130, node });
    await history.run(killWhen(0.3));
    await history.run(killWhen(0.4));
    await history.run(killWhen(0.6));
    context.diagnostic(await history.end());
  } finally {
    await server.remove();
  }
}

async function changeGroup(
  { broker, client }: KafkaSite,
  url: string,
  context: Pick<TestContext, 'diagnostic'>,
): Promise<void> {
  const topics = nameTopics();
  await makeTopics(client, topics, 6);
  const nodes: RunningServer[] = [];
  const join = async (): Promise<void> => {
    const node = await startDevelopmentServer({
      SPRING_KAFKA_BOOTSTRAP_SERVERS: broker.address(),
      WATCHWORD_DATABASE_URL: url,
      WATCHWORD_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      ...topics.environment,
      ...settingsOf(topics),
    });
    nodes.push(node);
  };
  const leave = async (): Promise<void> => {
    assert.equal(await node().stop(), 0);
    nodes.shift();
  };
  const node = (): RunningServer => {
    const [first] = nodes;
    assert.ok(first, 'There is no node.');
    return first;
  };
  const stopped: RunningServer[] = [];
  try {
    await join();
    await saveModelTemplate(node());
    const history = openHistory({ client, topics, random, people: 100, node });
    await history.run(async (wave) => {
      await untilAnswered(wave, 0.1);
      await wave.disturb(join);
    });
    await history.run(async (wave) => {
      await untilAnswered(wave, 0.2);
      stopped.push(node());
      await wave.disturb(leave);
    });
    await history.run(async (wave) => {
      await untilAnswered(wave, 0.2);
      await wave.disturb(async () => {
        await broker.kill();
        await broker.restart();
      });
    });
    context.diagnostic(await history.end());
  } finally {
    for (const one of [...nodes, ...stopped]) await one.remove();
  }
}
