import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { type RunningServer, startDevelopmentServer } from '../end-to-end/running-server.ts';
import { partOrSkip } from '../parts/part.ts';
import { findPostgres, startPostgres } from '../parts/postgres.ts';
import { askForCodes, guessCodes, readPeople, untilAnswered } from './history.ts';
import {
  type KafkaSite,
  makeTopics,
  nameTopics,
  openSite,
  saveTemplate,
  startNode,
  untilReadiness,
  untilReplies,
} from './kafka-site.ts';

/** Far below the time-out that the server has for it, and far above what it takes. */
const stopMs = 30_000;

function namesOf(mark: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${mark}-${index}`);
}

test('commands are answered, once and alike, whatever dies meanwhile', async (t) => {
  const site = await openSite(t);
  if (site === null) return;
  const programs = partOrSkip(t, findPostgres());
  const database = programs === null ? null : await startPostgres(programs);
  try {
    await t.test('a server starts before its broker and its topics, and stops after them', () =>
      startEarly(site),
    );
    await t.test('a kill -9 in the middle of 1000 commands', (killed) => killNode(site, killed));
    if (database !== null) {
      const url = await database.createDatabase();
      await t.test('nodes that come and go, and a kill -9 of the broker', () =>
        changeGroup(site, url),
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
  let server = await startNode(broker.address(), topics);
  const killWhen = (count: number) => async (answered: () => number) => {
    await untilAnswered(answered, count);
    await server.kill();
    server = await server.restart();
  };
  try {
    const names = namesOf('kill', 500);
    const replies = await askForCodes(client, topics, names, killWhen(150));
    const people = await readPeople(server, names, { messagesMax: 2 });
    const verdicts = await guessCodes(client, topics, people, killWhen(200));
    context.diagnostic(
      `${names.length} commands each: ${replies} replies, ${people.messages} messages, ` +
        `${verdicts} verdicts`,
    );
  } finally {
    await server.remove();
  }
}

async function changeGroup({ broker, client }: KafkaSite, url: string): Promise<void> {
  const topics = nameTopics();
  await makeTopics(client, topics, 6);
  const nodes: RunningServer[] = [];
  const join = async (): Promise<RunningServer> => {
    const node = await startDevelopmentServer({
      SPRING_KAFKA_BOOTSTRAP_SERVERS: broker.address(),
      WATCHWORD_DATABASE_URL: url,
      WATCHWORD_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
      ...topics.environment,
    });
    nodes.push(node);
    return node;
  };
  try {
    const first = await join();
    await saveTemplate(first);
    const names = namesOf('group', 300);
    let second = first;
    await askForCodes(client, topics, names, async (answered) => {
      await untilAnswered(answered, 20);
      second = await join();
    });
    const people = await readPeople(first, names, { messagesMax: 1 });
    await guessCodes(client, topics, people, async (answered) => {
      await untilAnswered(answered, 50);
      assert.equal(await first.stop(), 0);
    });
    const others = namesOf('broker', 300);
    await askForCodes(client, topics, others, async (answered) => {
      await untilAnswered(answered, 50);
      await broker.kill();
      await broker.restart();
    });
    await readPeople(second, others, { messagesMax: 1 });
  } finally {
    for (const node of nodes) await node.remove();
  }
}
