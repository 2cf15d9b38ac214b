import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspectKafka } from '#kafka/inspect.ts';
import { readConfig } from '#src/config.ts';
import { kafkaSettingsOf } from '#src/kafka-settings.ts';
import { type KafkaSite, makeTopics, nameTopics, openSite } from './kafka-site.ts';

const topics = nameTopics();
const user = { WATCHWORD_KAFKA_USER: 'bob', WATCHWORD_KAFKA_PASSWORD: 'a password' };
const watchword = fileURLToPath(new URL('../../bin/watchword.mjs', import.meta.url));

type Environment = Readonly<Record<string, string>>;

function inspect(brokers: string, environment: Environment = {}, timeoutMs?: number) {
  const variables = { WATCHWORD_KAFKA_BROKERS: brokers, ...topics.environment, ...environment };
  const config = readConfig(variables, 'tool');
  assert.ok(config.ok, config.ok ? '' : config.error.join());
  const settings = kafkaSettingsOf(config.value);
  assert.ok(settings !== null);
  return inspectKafka(settings, timeoutMs);
}

/** States by topic, as far as they are told. */
async function statesAt(brokers: string, environment?: Environment) {
  const found = await inspect(brokers, environment);
  assert.ok(found.kind === 'reached', found.kind === 'reached' ? '' : found.detail);
  const states = new Map(found.topics.map(({ name, state }) => [name, state]));
  return { states, makesTopics: found.makesTopics, brokers: found.brokers };
}

test('the doctor sees what stands between a server and Kafka', async (t) => {
  const site = await openSite(t, {
    users: { bob: 'a password' },
    settings: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // Who comes without a login, the broker itself among them, may do everything.
      'super.users': 'User:ANONYMOUS',
    },
  });
  if (site === null) return;
  try {
    await t.test('what it looks at is told, and made by nobody', () => seeTopics(site));
    await t.test('a login without rights and a wrong one are told apart', () => seeLogins(site));
    await t.test('the command prints it and ends', () => runDoctor(site));
  } finally {
    await site.end();
  }
});

test('the doctor waits for no broker that is away', { timeout: 30_000 }, async () => {
  const closed = await inspect('127.0.0.1:1');
  assert.ok(closed.kind === 'unreached');
  assert.match(
    closed.detail,
    /^No broker can be reached\. Start one, or correct WATCHWORD_KAFKA_BROKERS/,
  );
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  assert.ok(address !== null && typeof address === 'object');
  try {
    const found = await inspect(`127.0.0.1:${address.port}`, {}, 500);
    assert.ok(found.kind === 'unreached');
    assert.match(found.detail, /did not answer within 0\.5 s\. Check/);
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});

async function seeTopics({ broker, client }: KafkaSite): Promise<void> {
  const { generateIn, generateOut, validateIn, deadLetter } = topics;
  const before = await statesAt(broker.address());
  assert.deepEqual([before.brokers, before.makesTopics], [1, true]);
  assert.deepEqual(new Set(before.states.values()), new Set(['missing']));
  assert.equal((await statesAt(broker.address())).states.get(generateOut), 'missing');
  await makeTopics(client, topics);
  const { states } = await statesAt(broker.address());
  for (const name of [generateIn, generateOut, validateIn, deadLetter]) {
    assert.equal(states.get(name), 'there', name);
  }
  assert.equal([...states.values()].filter((state) => state === 'missing').length, 2);
}

async function seeLogins({ broker }: KafkaSite): Promise<void> {
  const brokers = broker.address('SASL_PLAINTEXT');
  const login = { WATCHWORD_KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', ...user };
  const { states, makesTopics } = await statesAt(brokers, login);
  assert.equal(makesTopics, null);
  assert.deepEqual(new Set(states.values()), new Set(['refused']));
  const wrong = await inspect(brokers, { ...login, WATCHWORD_KAFKA_PASSWORD: 'another' });
  assert.ok(wrong.kind === 'unreached');
  assert.match(wrong.detail, /^The broker refused the login\. Correct the user/);
}

async function runDoctor({ broker }: KafkaSite): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-doctor-'));
  try {
    const env = {
      ...{ PATH: process.env['PATH'], WATCHWORD_DATA: folder },
      ...{ WATCHWORD_KAFKA_BROKERS: broker.address(), ...topics.environment },
    };
    const printed = await new Promise<string>((resolve) => {
      execFile(process.execPath, [watchword, 'doctor', '--json'], { env }, (_error, stdout) =>
        resolve(stdout),
      );
    });
    const findings: { subject: string; state: string }[] = JSON.parse(printed).findings;
    const states = new Map(findings.map(({ subject, state }) => [subject, state]));
    assert.deepEqual(
      ['Kafka', 'topics', 'application'].map((subject) => states.get(subject)),
      ['good', 'note', 'good'],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
